// Tells whoever waits for a file that it has grown, at most 20 times a second.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace ablate::worker {

class GrowthHints {
 public:
  // `grown` is called from a thread of this object, not after the object's end. No file is an empty one.
  GrowthHints(std::string path, std::function<void()> grown);
  ~GrowthHints();

 private:
  void Watch();

  const std::string path_;
  const std::function<void()> grown_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace ablate::worker
