// What a cluster allows, as it says itself.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "runner/backends/slurm/commands.h"

namespace ablate::runner::slurm {

struct Cluster {
  std::string version;          // "22.05.8"
  uint32_t max_array_size = 1;  // one more than the largest index of an array
  uint32_t max_jobs = 1;        // tasks that the controller keeps, of all users
  bool accounting = false;      // whether sacct can answer
  std::vector<std::map<std::string, std::string>> partitions;
};

// Asks the controller. Unavailable, with what Slurm said, where it does not answer.
absl::StatusOr<Cluster> AskCluster(const Commands& commands);

// Most tasks of one array job: the largest index caps them, and they are numbered from 1.
uint32_t MostTasks(const Cluster& cluster);

}  // namespace ablate::runner::slurm
