// What `ablate status` says of tasks in the queue of Slurm, also while no runner is at work.
#pragma once

#include <string>

#include "lib/store/reader.h"

namespace ablate::runner {

// job, state, reason, node, tasks (how many are alike): of those that wait or run for a database. No rows where there are none,
// or Slurm does not answer: `remark` then says so.
struct SlurmTasks {
  store::Table tasks;
  std::string remark;
};

SlurmTasks AskSlurmTasks(const std::string& database);

}  // namespace ablate::runner
