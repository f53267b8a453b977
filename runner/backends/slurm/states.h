// What Slurm's states mean for a launch. Pure.
#pragma once

#include <string>

#include "runner/backends/backend.h"
#include "runner/backends/slurm/answers.h"

namespace ablate::runner::slurm {

// What a task ends with that could not have itself put back into the queue, and that was asked to end: see task.h.
inline constexpr int kNotRequeued = 85, kTerminated = 143;

enum class Phase {
  kWaiting,  // in the queue, for the first time or again
  kRunning,  // or about to start, suspended, or ending: its last word is not known yet
  kOver,     // and Slurm will not start it again
};

// A state that this program doesn't know counts as running: nothing is given up because of it.
Phase PhaseOf(const std::string& state);

// Whether Slurm keeps the task in the queue and will not start it before somebody releases it by hand: a node could not start
// it, or knew its number from before the controller lost its memory.
bool IsHeldForGood(const TaskStatus& status);

struct Verdict {
  LaunchReport::Cause cause = LaunchReport::Cause::kInterrupted;
  std::string how;  // "TIMEOUT on n3", "FAILED (NonZeroExitCode) on n1, exit code 3"
};

// Of a task that is over, for a launch of it that left no word of its own (`left`: that it left the task in order is its word).
// `begun`: its worker had started.
Verdict VerdictOn(const TaskStatus& status, bool begun, bool left);

}  // namespace ablate::runner::slurm
