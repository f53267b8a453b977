// One launch, begun as often as Slurm starts its task: each time in a folder of its own. The first is the launch's, the others
// lie beside it, "<launch>.r1", "<launch>.r2", and are launches themselves: their requests hold the trials that are not over,
// with the newest checkpoints of all folders before. So two of them at once (slurmd was killed, its tasks were not) never write
// the same file, and the newest counts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace ablate::runner::slurm {

// "L" and 2 of "L.r2"; "L" and 0 of "L".
struct AttemptName {
  std::string launch;
  uint32_t number = 0;
};
AttemptName ParseAttempt(const std::string& name);
std::string AttemptFolder(const std::string& base, uint32_t number);

// Takes the launch whose first folder is `base` for this process, and makes the folder that it is to be run in. Nothing if
// there is nothing left to do: it is over, the runner has closed it, or asked it to leave.
absl::StatusOr<std::optional<std::string>> ClaimAttempt(const std::string& base);

// The outcome file of an attempt, the first place that tells how it ended:
//   "done"    its log has its end
//   "left"    asked by its task, which was to end; Slurm decides whether it goes on
//   "memory"  the kernel killed its worker for lack of memory
//   all else  how its worker died: "signal 11, Segmentation fault", "exit code 3"
// Behind it, the size of its log: until this machine sees so much of it, there is no outcome.
inline constexpr char kDone[] = "done", kLeftTask[] = "left", kMemory[] = "memory";
absl::Status WriteOutcome(const std::string& folder, const std::string& outcome);
std::string ReadOutcome(const std::string& folder);  // empty: none yet

// Asks the launch to checkpoint and end, as the runner would, but only this attempt: the next one may go on.
absl::Status AskToLeaveTask(const std::string& folder);

// The runner has ended the launch, and removed its control folder with that.
bool IsClosed(const std::string& folder);

// "kill" in the control folder: the runner wants the launch to die at once.
bool IsToDie(const std::string& folder);
absl::Status AskToDie(const std::string& folder);

}  // namespace ablate::runner::slurm
