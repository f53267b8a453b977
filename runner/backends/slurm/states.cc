#include "runner/backends/slurm/states.h"

#include <fmt/format.h>

#include <map>

namespace ablate::runner::slurm {
namespace {

using Cause = LaunchReport::Cause;

constexpr int kCannotRun = 127;

// States that end a task, and what they mean where nothing else tells.
const std::map<std::string, Cause>& Endings() {
  static const auto& endings = *new std::map<std::string, Cause>{
      {"BOOT_FAIL", Cause::kInterrupted},     {"CANCELLED", Cause::kCancelled},   {"COMPLETED", Cause::kInterrupted},
      {"DEADLINE", Cause::kTimeLimit},        {"FAILED", Cause::kItself},         {"NODE_FAIL", Cause::kInterrupted},
      {"OUT_OF_MEMORY", Cause::kOutOfMemory}, {"PREEMPTED", Cause::kInterrupted}, {"REVOKED", Cause::kInterrupted},
      {"TIMEOUT", Cause::kTimeLimit}};
  return endings;
}

}  // namespace

Phase PhaseOf(const std::string& state) {
  if (Endings().count(state) > 0) return Phase::kOver;
  if (state == "PENDING" || state == "REQUEUED" || state == "REQUEUE_HOLD" || state == "REQUEUE_FED" ||
      state == "SPECIAL_EXIT" || state == "RESV_DEL_HOLD") {
    return Phase::kWaiting;
  }
  return Phase::kRunning;
}

bool IsHeldForGood(const TaskStatus& status) { return status.reason == "launch failed requeued held"; }

Verdict VerdictOn(const TaskStatus& status, bool begun, bool left) {
  std::string how = status.state;
  if (status.reason != "None" && !status.reason.empty()) how += fmt::format(" ({})", status.reason);
  if (!status.nodes.empty()) how += " on " + status.nodes;
  if (status.exit_code && *status.exit_code != 0) how += fmt::format(", exit code {}", *status.exit_code);

  const auto ending = Endings().find(status.state);
  Cause cause = ending == Endings().end() ? Cause::kInterrupted : ending->second;
  // The task has gone through all its launches, or left before it came to this one.
  if (status.state == "COMPLETED" && !begun) return {Cause::kNotBegun, how};
  const int code = status.exit_code.value_or(0);
  if (status.state == "FAILED" && (left || code == kNotRequeued || code == kTerminated)) cause = Cause::kInterrupted;
  if (cause == Cause::kItself && code == kCannotRun) how = fmt::format("exit code {}", kCannotRun);
  return {cause, how};
}

}  // namespace ablate::runner::slurm
