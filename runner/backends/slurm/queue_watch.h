// What Slurm says of our tasks, asked now and then without waiting for the answer. Slurm is one witness of three: a launch's
// own outcome file comes before it, and silence or a failed command means "unknown", never "failed".
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "runner/backends/slurm/answers.h"
#include "runner/backends/slurm/call.h"
#include "runner/backends/slurm/commands.h"

namespace ablate::runner::slurm {

class QueueWatch {
 public:
  using Clock = std::chrono::steady_clock;

  // A look every `poll_seconds`, a quarter more or less at random: many runners must not ask at once.
  QueueWatch(const Commands& commands, double poll_seconds);

  // Asks for jobs of these names if it is time to; true when a new answer has come since the last call. Does not block.
  bool Poll(const std::vector<std::string>& job_names);

  // Asks again at once.
  void Hurry() { next_ = Clock::now(); }

  // By the last answer; nullptr: Slurm did not name it.
  const TaskStatus* Of(const TaskKey& task) const;

  // Whether the last answer had been asked for after `time`: what Slurm does not name then, it does not know.
  bool Since(Clock::time_point time) const { return answers_ > 0 && asked_ > time; }

  // What the accounting database says of jobs that the queue has forgotten; asked now. Blocks for some seconds at most. Empty
  // where it does not know, or does not answer.
  Tasks FromAccounting(const std::vector<std::string>& job_names);

  // The exit code of a task that ended, where Slurm still tells. Blocks as above.
  std::optional<int> ExitCodeOf(const std::string& job, uint32_t task);

  // Why the last look failed; empty: it didn't.
  const std::string& trouble() const { return trouble_; }

 private:
  void Take();

  const Commands commands_;
  const double poll_seconds_;
  std::mt19937 random_;
  std::unique_ptr<Call> call_;
  Clock::time_point next_, asked_, asking_;
  uint64_t answers_ = 0;
  Tasks tasks_;
  std::string trouble_;
};

}  // namespace ablate::runner::slurm
