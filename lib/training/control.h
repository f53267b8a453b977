// The way down: commands to a launch as files in its control folder. Torch-free.
#pragma once

#include <chrono>
#include <set>
#include <string>

namespace ablate::training {

struct Commands {
  bool checkpoint_and_leave = false;
  std::set<std::string> stop;  // ids of trials
};

class Control {
 public:
  // The folder need not be there.
  explicit Control(const std::string& launch_folder);

  // All commands given so far, looked up at most every 20 ms.
  const Commands& Read();

 private:
  std::string folder_;
  Commands commands_;
  std::chrono::steady_clock::time_point next_look_{};
};

}  // namespace ablate::training
