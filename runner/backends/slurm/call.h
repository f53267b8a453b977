// One command of Slurm as a child process that nobody waits for: a controller that does not answer must not stop the runner.
// No shell: the program by its absolute path, its arguments as they are.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace ablate::runner::slurm {

class Call {
 public:
  using Clock = std::chrono::steady_clock;

  // The child is killed after `limit_seconds`. Unavailable if it can't be started.
  static absl::StatusOr<std::unique_ptr<Call>> Start(const std::vector<std::string>& arguments, double limit_seconds);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  // Takes what has come; true once the child has ended. Does not block.
  bool Over();

  // What it wrote to standard output. Unavailable, with the last line of its standard error, if it ended with another exit code
  // than 0; DeadlineExceeded if it took too long. To be asked once it is over.
  const absl::StatusOr<std::string>& answer() const { return answer_; }

 private:
  Call(std::string name, pid_t pid, int output, int errors, Clock::time_point deadline);
  void Finish(int status, bool in_time);

  const std::string name_;
  pid_t pid_;  // 0: reaped
  int output_, errors_;
  const Clock::time_point deadline_;
  std::string text_, error_text_;
  absl::StatusOr<std::string> answer_;
};

// Runs it to its end.
absl::StatusOr<std::string> Ask(const std::vector<std::string>& arguments, double limit_seconds);

}  // namespace ablate::runner::slurm
