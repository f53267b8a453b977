#include "runner/backends/slurm/packing.h"

namespace ablate::runner::slurm {

std::vector<std::vector<Waiting>> Pack(const std::vector<Waiting>& launches, double task_seconds, uint32_t workers) {
  std::vector<std::vector<Waiting>> tasks;
  double seconds = 0;
  bool open = false;  // the last task takes more
  for (const Waiting& launch : launches) {
    const bool known = launch.seconds > 0;
    if (!open || !known) {
      tasks.emplace_back();
      seconds = 0;
    }
    tasks.back().push_back(launch);
    seconds += launch.seconds;
    open = known && seconds < task_seconds * workers;
  }
  return tasks;
}

}  // namespace ablate::runner::slurm
