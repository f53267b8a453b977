// What `ablate doctor` looks at. Nothing here changes anything.
#pragma once

#include <string>
#include <vector>

namespace ablate::runner {

struct Finding {
  enum class Level {
    kOk,
    kNote,     // works, but worth knowing
    kProblem,  // something will not work
  };
  Level level = Level::kOk;
  std::string topic, text;
  std::string advice;  // what to do; "" if nothing
};

Finding CheckProgram();

// Runs `worker` --describe; its JSON also says what is known of the instruction set, of CUDA and of devices. `worker` is "" where
// no worker was found, and `searched` then says where.
std::vector<Finding> CheckWorker(const std::string& worker, const std::string& searched);

Finding CheckMemory();

// Free space where the database and its launch folders go.
Finding CheckDisk(const std::string& database);

Finding CheckDatabase(const std::string& database);

// "" where no data folder was named.
Finding CheckData(const std::string& data);

}  // namespace ablate::runner
