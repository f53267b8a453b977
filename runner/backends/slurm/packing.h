// Which launches share a task. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ablate::runner::slurm {

struct Waiting {
  std::string launch, folder;
  double seconds = 0;  // expected; 0: unknown
};

// In their order, so many to a task that it takes `task_seconds` by what is known, `workers` of them at a time. One whose time
// is unknown has a task of its own.
std::vector<std::vector<Waiting>> Pack(const std::vector<Waiting>& launches, double task_seconds, uint32_t workers);

}  // namespace ablate::runner::slurm
