// What `ablate doctor` looks at. Nothing here changes anything.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

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

// Runs the worker's --describe, whose JSON also tells whether it has CUDA kernels. An error says where no worker was found.
std::vector<Finding> CheckWorker(const absl::StatusOr<std::string>& worker);

// Cores that this process may use, and the instructions that kernels choose by.
Finding CheckCores();

Finding CheckMemory();

// The GPUs that a worker would see.
std::vector<Finding> CheckGpus();

// Free space where the database and its launch folders go.
Finding CheckDisk(const std::string& database);

Finding CheckDatabase(const std::string& database);

// "" where no data folder was named.
Finding CheckData(const std::string& data);

}  // namespace ablate::runner
