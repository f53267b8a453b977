// Session's part about launches that others ended or started again: preemption, lost nodes, time limits, scancel.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/spec/failure_classes.h"
#include "runner/scheduler/launch_folder.h"
#include "runner/scheduler/session.h"

namespace ablate::runner {
namespace {

// Of launches that are interrupted again and again without taking a step. Unit: seconds.
constexpr double kFirstBackOff = 5, kLongestBackOff = 600;
// What a launch that has gone through several interruptions without a step would wait. Unit: seconds.
constexpr double kLongInVain = 30;

}  // namespace

// The next launch of the same array is there already; what the one before still writes counts no more.
absl::Status Session::Continue(size_t slot, const LaunchReport& report) {
  RETURN_IF_ERROR(collector_.Collect(report.launch).status());
  RETURN_IF_ERROR(JudgeFailures());
  collector_.Unwatch(report.launch);
  const RunningLaunch before = *std::exchange(slots_[slot], std::nullopt);
  const double seconds = before.Seconds(Clock::now());
  for (const TrialIndex trial : before.trials()) ledger_.AddSeconds(trial, seconds);
  if (BackOff(before) > kLongInVain) {
    observer_.Remark(
        fmt::format("launch {} is started again and again and takes no step: is its time too short?", before.name()));
  }
  RETURN_IF_ERROR(store_.EndLaunch(before.name(), report.how, "pending", "", ""));
  TidyLaunchFolder(before.folder());
  const std::vector<TrialIndex> open = before.Open(ledger_);
  if (!open.empty()) return Follow(slot, before, open, report.successor);
  scheduler_.Ended(before.array(), {}, false);
  backend_.Kill(report.successor);
  TidyLaunchFolder(JoinPath(ParentFolder(before.folder()), report.successor));
  return absl::OkStatus();
}

// With all trials that it began with: one of them may have ended in the launch before since then, and is no longer `open`.
absl::Status Session::Follow(size_t slot, const RunningLaunch& before, const std::vector<TrialIndex>& open,
                             const std::string& successor) {
  const std::string folder = JoinPath(ParentFolder(before.folder()), successor);
  ASSIGN_OR_RETURN(const std::vector<std::string> ids, RequestedTrials(folder));
  ASSIGN_OR_RETURN(const std::vector<TrialIndex> trials, ledger_.Indices(ids));
  const Array array{before.array(), ledger_.Runnables(trials)};
  if (!provenance_) provenance_ = options_.provenance();
  RETURN_IF_ERROR(store_.RecordLaunch(RecordOf(successor, slot, array)));
  RunningLaunch& launch = slots_[slot].emplace(successor, folder, array, Clock::now());
  for (const TrialIndex trial : trials) {
    const bool is_open = std::count(open.begin(), open.end(), trial) > 0;
    if (is_open) ledger_.SetState(trial, TrialState::kRunning);
    if (!is_open) launch.Close(trial);
  }
  collector_.Watch(successor, folder);
  if (before.cancelled()) {
    launch.set_cancelled();
    for (const TrialIndex trial : open) RETURN_IF_ERROR(AskToStop(folder, ledger_.id(trial)));
  }
  if (stopping_ && !AskToLeave(folder).ok()) backend_.Kill(successor);
  return absl::OkStatus();
}

// Not the fault of the trials: they go on from their checkpoints, as often as it takes.
absl::Status Session::Excuse(const RunningLaunch& launch, const LaunchReport& report) {
  using Cause = LaunchReport::Cause;
  scheduler_.Ended(launch.array(), {}, false);
  if (report.cause == Cause::kCancelled || launch.cancelled()) return CancelOpen(launch, report.how);
  const std::vector<TrialIndex> open = launch.Open(ledger_);
  if (report.cause == Cause::kTimeLimit && OutOfTime(launch)) {
    return Blame(launch, {false, spec::kTimeLimit, report.how}, open);
  }
  const double wait = BackOff(launch);
  RETURN_IF_ERROR(SetAside(launch, report.how, ""));
  if (!open.empty()) {
    observer_.Remark(fmt::format("launch {} was interrupted ({}); {} go on from their checkpoints{}", launch.name(), report.how,
                                 open.size() == 1 ? "its trial will" : fmt::format("its {} trials", open.size()),
                                 wait > 0 ? fmt::format(" in {:.0f} s", wait) : ""));
  }
  return Enlist(open, false, wait);
}

absl::Status Session::CancelOpen(const RunningLaunch& launch, const std::string& reason) {
  const std::vector<TrialIndex> open = launch.Open(ledger_);
  RETURN_IF_ERROR(SetAside(launch, reason, ""));
  for (const TrialIndex trial : open) {
    RETURN_IF_ERROR(store_.SetState(plan_.experiment.name(), ledger_.id(trial), "cancelled"));
    ledger_.SetState(trial, TrialState::kCancelled);
    TellEnd(trial, reason + "; `ablate retry` takes it back");
  }
  return absl::OkStatus();
}

// Longer and longer, unless a step was taken.
double Session::BackOff(const RunningLaunch& launch) {
  uint32_t most = 0;
  for (const TrialIndex trial : launch.Open(ledger_)) {
    uint32_t& in_vain = in_vain_[trial];
    in_vain = ledger_.checkpoint_step(trial) > launch.first_step() ? 0 : in_vain + 1;
    most = std::max(most, in_vain);
  }
  return most == 0 ? 0 : std::min(kLongestBackOff, std::ldexp(kFirstBackOff, static_cast<int>(std::min(most, 16u)) - 1));
}

bool Session::OutOfTime(const RunningLaunch& launch) {
  bool out = false;
  for (const TrialIndex trial : launch.Open(ledger_)) {
    const bool advanced = ledger_.checkpoint_step(trial) > launch.first_step();
    out |= !advanced || ++time_limits_[trial] > launching().slurm().time_limit_retries();
  }
  return out;
}

}  // namespace ablate::runner
