// Session's part about launches that are over: what that means for their trials.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/strings/match.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/spec/failure_classes.h"
#include "lib/store/reader.h"
#include "runner/devices/memory.h"
#include "runner/scheduler/garbage.h"
#include "runner/scheduler/launch_folder.h"
#include "runner/scheduler/session.h"

namespace ablate::runner {
namespace {

// So many workers in a row that die before they begin are the worker's fault, or the machine's.
constexpr int kMostNeverBegun = 3;
// What a shell gives, and our own child, where a program can't be run.
constexpr char kCannotRun[] = "exit code 127";
// What a worker ends with that can't write its launch folder.
constexpr char kDiskFullExit[] = "exit code 6";
constexpr char kKilled[] = "signal 9,";
constexpr int kLogLines = 3;

bool NotByItself(LaunchReport::Cause cause) {
  return cause != LaunchReport::Cause::kItself && cause != LaunchReport::Cause::kOutOfMemory;
}

}  // namespace

absl::Status Session::EndLaunches() {
  for (const LaunchReport& report : std::exchange(reports_, {})) {
    if (report.kind == LaunchReport::Kind::kEvents) continue;
    for (size_t slot = 0; slot < slots_.size(); ++slot) {
      if (!slots_[slot] || slots_[slot]->name() != report.launch) continue;
      const bool goes_on = report.kind == LaunchReport::Kind::kRestarted;
      RETURN_IF_ERROR(goes_on ? Continue(slot, report) : EndLaunch(slot, report));
      break;
    }
  }
  return absl::OkStatus();
}

absl::Status Session::EndLaunch(size_t slot, const LaunchReport& report) {
  RETURN_IF_ERROR(collector_.Collect(report.launch).status());
  RETURN_IF_ERROR(JudgeFailures());
  const bool finished = collector_.Finished(report.launch).has_value();
  const absl::Status log = collector_.LogStatus(report.launch);
  collector_.Unwatch(report.launch);

  const RunningLaunch launch = *std::exchange(slots_[slot], std::nullopt);
  const double seconds = launch.Seconds(Clock::now());
  for (const TrialIndex trial : launch.trials()) ledger_.AddSeconds(trial, seconds);
  const Ending ending = EndingOf(launch, report, finished, log);
  left_overs_ |= !finished;
  // As long as the launch has no end in the store, a next run knows that there is something to tidy up.
  for (const std::string& path : ledger_.TakeNeedlessCheckpoints()) {
    // Of a database that somebody else made a path may be anything.
    if (!IsBelow(path, LaunchesFolder(store_.path()))) continue;
    left_overs_ |= unlink(path.c_str()) != 0 && errno != ENOENT;
    rmdir(ParentFolder(path).c_str());  // goes with its last file
  }
  TidyLaunchFolder(launch.folder());
  const bool full = ending.failure_class == spec::kDiskFull;
  if (stopping_ || full) {
    RETURN_IF_ERROR(SetAside(launch, killed_ && !finished ? "killed by a second Ctrl-C" : ending.reason, ""));
    if (full) EndFatally(absl::ResourceExhaustedError(fmt::format("{}: {}", launch.folder(), ending.reason)));
  } else if (NotByItself(report.cause)) {
    RETURN_IF_ERROR(Excuse(launch, report));
  } else if (!finished && !launch.begun() && log.ok()) {
    RETURN_IF_ERROR(NeverBegan(launch, ending.reason, report.how == kCannotRun));
  } else {
    RETURN_IF_ERROR(Judge(launch, ending));
  }
  return absl::OkStatus();
}

Session::Ending Session::EndingOf(const RunningLaunch& launch, const LaunchReport& report, bool finished,
                                  const absl::Status& log) {
  if (finished) return {true, launch.out_of_memory().empty() ? "" : spec::kOutOfMemory, "ended"};
  if (!log.ok()) return {false, spec::kCrash, fmt::format("crashed ({})", std::string(log.message()))};
  if (!launch.killed_for().empty()) {
    return {false, launch.killed_for(), fmt::format("killed: no sign of life for {} s", launching().heartbeat_seconds())};
  }
  if (report.cause == LaunchReport::Cause::kOutOfMemory) return {false, spec::kOutOfMemory, report.how};
  if (report.kind != LaunchReport::Kind::kDied) return {false, spec::kCrash, "crashed (no end in its log)"};
  if (report.how == kDiskFullExit) return {false, spec::kDiskFull, "no space left for it on the disk"};
  // The kernel does not say whom it killed; that it killed somebody since we last looked is as good as we get.
  const uint64_t kills = KillsForMemory();
  const bool by_kernel = absl::StartsWith(report.how, kKilled) && kills > kills_for_memory_;
  kills_for_memory_ = kills;
  if (by_kernel) return {false, spec::kOutOfMemory, "killed by the kernel: no memory left"};
  return {false, spec::kCrash, fmt::format("crashed ({})", report.how)};
}

absl::Status Session::SetAside(const RunningLaunch& launch, const std::string& reason, const std::string& failure_class) {
  for (const TrialIndex trial : launch.Open(ledger_)) ledger_.SetState(trial, TrialState::kPending);
  RETURN_IF_ERROR(store_.EndLaunch(launch.name(), reason, "pending", failure_class, failure_class.empty() ? "" : reason));
  return MakePending(launch.out_of_memory());
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

absl::Status Session::Judge(const RunningLaunch& launch, const Ending& ending) {
  std::vector<OpenTrial> open;
  std::vector<TrialIndex> at_rung;
  for (const TrialIndex trial : launch.Open(ledger_)) {
    const uint64_t step = ledger_.checkpoint_step(trial);
    if (race_.GateAt(trial, step) == Race::Gate::kGo) {
      open.push_back({trial, step});
    } else {
      at_rung.push_back(trial);
    }
  }
  for (const TrialIndex trial : launch.out_of_memory()) open.push_back({trial, ledger_.checkpoint_step(trial)});
  if (ending.failure_class == spec::kOutOfMemory) {
    scheduler_.Limit(ledger_.shape(launch.trials().front()), static_cast<uint32_t>(launch.trials().size() / 2));
  }
  const FailurePolicy& policy = policies_.Of(ending.failure_class);
  const std::vector<TrialIndex> given_up =
      scheduler_.Ended(launch.array(), open, !ending.failure_class.empty(),
                       ending.failure_class.empty() ? Scheduler::Again{launching().crash_retries(), 0, 0}
                                                    : Scheduler::Again{policy.retries(), policy.back_off_seconds(), Now()});
  if (!given_up.empty()) return Blame(launch, ending, given_up);
  const bool tells = ending.failure_class == spec::kOutOfMemory || launch.trials().size() == 1;
  RETURN_IF_ERROR(SetAside(launch, ending.reason, tells && !open.empty() ? ending.failure_class : ""));
  if (!ending.failure_class.empty() && !open.empty()) {
    observer_.Remark(
        fmt::format("launch {} {}; {}", launch.name(), ending.finished ? "ran out of memory" : ending.reason,
                    launch.trials().size() == 1 ? "its trial is tried again" : "its trials go on in smaller arrays"));
  }
  return Enlist(at_rung);
}

// One trial was left, and was alone: what happened is its failure.
absl::Status Session::Blame(const RunningLaunch& launch, const Ending& ending, const std::vector<TrialIndex>& given_up) {
  const std::string failure_class = ending.failure_class.empty() ? spec::kInternal : ending.failure_class;
  std::string message = launch.out_of_memory_message();
  if (message.empty()) {
    const std::string said = ending.finished ? launch.last_error() : EndOfLogText(launch.folder(), kLogLines);
    message = fmt::format("{}{}{}", ending.finished ? "the worker gave it up" : ending.reason, said.empty() ? "" : ": ", said);
  }
  RETURN_IF_ERROR(store_.EndLaunch(launch.name(), ending.reason, "failed", failure_class, message));
  for (const TrialIndex trial : given_up) FailForGood(trial, failure_class, message);
  return absl::OkStatus();
}

void Session::RemoveLeftOvers() {
  const auto reader = store::Reader::Open(store_.path());
  const auto garbage = reader.ok() ? FindGarbage(**reader, store_.path(), Keep::kUnfinished) : reader.status();
  if (!garbage.ok()) return;  // `ablate gc` does it, and says why not
  for (const Garbage& one : *garbage) {
    // What another database may know is left to those who ask for it.
    if (one.kind == Garbage::Kind::kFolder) continue;
    const bool is_weights = one.kind == Garbage::Kind::kNewest;
    if (is_weights && (ledger_.KeepsWeights() || !ledger_.Indices({one.trial}).ok())) continue;
    Remove(one).IgnoreError();
  }
}

}  // namespace ablate::runner
