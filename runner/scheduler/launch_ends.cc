// Session's part about launches that are over: what that means for their trials.
#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "runner/scheduler/launch_folder.h"
#include "runner/scheduler/session.h"

namespace ablate::runner {
namespace {

// So many workers in a row that die before they begin are the worker's fault, or the machine's.
constexpr int kMostNeverBegun = 3;
// What a shell gives, and our own child, where a program can't be run.
constexpr char kCannotRun[] = "exit code 127";
constexpr int kLogLines = 3;

}  // namespace

absl::Status Session::EndLaunches() {
  for (const LaunchReport& report : std::exchange(reports_, {})) {
    if (report.kind == LaunchReport::Kind::kEvents) continue;
    for (size_t slot = 0; slot < slots_.size(); ++slot) {
      if (!slots_[slot] || slots_[slot]->name() != report.launch) continue;
      RETURN_IF_ERROR(EndLaunch(slot, report));
      break;
    }
  }
  return absl::OkStatus();
}

absl::Status Session::EndLaunch(size_t slot, const LaunchReport& report) {
  RETURN_IF_ERROR(collector_.Collect(report.launch).status());
  const bool finished = collector_.Finished(report.launch).has_value();
  const absl::Status log = collector_.LogStatus(report.launch);
  collector_.Unwatch(report.launch);

  const RunningLaunch launch = *std::exchange(slots_[slot], std::nullopt);
  std::string reason = "ended";
  if (!finished) {
    const bool died = report.kind == LaunchReport::Kind::kDied;
    reason = fmt::format("crashed ({})", died ? report.how : "no end in its log");
    if (!log.ok()) reason = fmt::format("crashed ({})", std::string(log.message()));
  }
  if (stopping_) {
    RETURN_IF_ERROR(SetAside(launch, killed_ && !finished ? "killed by a second Ctrl-C" : reason, ""));
  } else if (!finished && !launch.begun() && log.ok()) {
    RETURN_IF_ERROR(NeverBegan(launch, reason, report.how == kCannotRun));
  } else {
    RETURN_IF_ERROR(Judge(launch, finished, reason));
  }
  for (const std::string& path : ledger_.TakeNeedlessCheckpoints()) {
    unlink(path.c_str());
    rmdir(ParentFolder(path).c_str());  // goes with its last file
  }
  TidyLaunchFolder(launch.folder());
  return absl::OkStatus();
}

absl::Status Session::SetAside(const RunningLaunch& launch, const std::string& reason, const std::string& failure_class) {
  for (const TrialIndex trial : launch.Open(ledger_)) ledger_.SetState(trial, TrialState::kPending);
  return store_.EndLaunch(launch.name(), reason, "pending", failure_class, failure_class.empty() ? "" : reason);
}

absl::Status Session::NeverBegan(const RunningLaunch& launch, const std::string& reason, bool cannot_run) {
  RETURN_IF_ERROR(SetAside(launch, reason, ""));
  scheduler_.NotStarted(launch.array());
  if (++never_begun_ < kMostNeverBegun && !cannot_run) return absl::OkStatus();
  const std::string said = EndOfLogText(launch.folder(), kLogLines);
  EndFatally(
      absl::UnavailableError(fmt::format("workers end before they begin, {}{}{}", reason, said.empty() ? "" : ": ", said)));
  return absl::OkStatus();
}

absl::Status Session::Judge(const RunningLaunch& launch, bool finished, const std::string& reason) {
  std::vector<OpenTrial> open;
  for (const TrialIndex trial : launch.Open(ledger_)) open.push_back({trial, ledger_.checkpoint_step(trial)});
  const std::vector<TrialIndex> given_up = scheduler_.Ended(launch.array(), open, !finished);
  const bool alone = launch.trials().size() == 1;
  if (given_up.empty()) {
    RETURN_IF_ERROR(SetAside(launch, reason, !finished && alone && !open.empty() ? "crash" : ""));
    if (!finished && !open.empty()) {
      observer_.Remark(fmt::format("launch {} {}; {}", launch.name(), reason,
                                   alone ? "its trial is tried again" : "its trials go on in smaller arrays"));
    }
    return absl::OkStatus();
  }
  const std::string said = finished ? launch.last_error() : EndOfLogText(launch.folder(), kLogLines);
  const std::string failure_class = finished ? "internal" : "crash";
  const std::string message =
      fmt::format("{}{}{}", finished ? "the worker gave it up" : reason, said.empty() ? "" : ": ", said);
  RETURN_IF_ERROR(store_.EndLaunch(launch.name(), reason, "failed", failure_class, message));
  for (const TrialIndex trial : given_up) {
    ledger_.SetState(trial, TrialState::kFailed);
    TellEnd(trial, fmt::format("{}: {}", failure_class, message));
  }
  return absl::OkStatus();
}

}  // namespace ablate::runner
