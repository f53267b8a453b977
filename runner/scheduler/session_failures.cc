// Session's part about trials that failed: whether and when they are tried again.
#include <fmt/format.h>

#include <utility>

#include "lib/base/status_macros.h"
#include "lib/spec/failure_classes.h"
#include "runner/scheduler/session.h"

namespace ablate::runner {

absl::Status Session::JudgeFailures() {
  for (Failure& failure : std::exchange(failures_, {})) {
    if (failure.failure_class == spec::kOutOfMemory) {  // the array's, not the trial's: see Judge
      if (RunningLaunch* launch = Find(failure.launch)) launch->AddOutOfMemory(failure.trial, std::move(failure.message));
      continue;
    }
    if (failure.failure_class == spec::kTimeLimit) {
      RETURN_IF_ERROR(store_.FailStopped(failure.launch, ledger_.id(failure.trial), failure.failure_class, failure.message));
      ledger_.SetState(failure.trial, TrialState::kFailed);
      ledger_.AddSeconds(failure.trial, -ledger_.seconds(failure.trial));
    }
    const FailurePolicies::Verdict verdict = policies_.Failed(failure.trial, failure.failure_class);
    if (!verdict.again) {
      FailForGood(failure.trial, failure.failure_class, failure.message);
      continue;
    }
    observer_.Remark(fmt::format("{} seed {}: {}: {}; it is tried again", ledger_.arm(failure.trial),
                                 ledger_.seed(failure.trial), failure.failure_class, failure.message));
    RETURN_IF_ERROR(MakePending({failure.trial}));
    RETURN_IF_ERROR(Enlist({failure.trial}, verdict.alone, verdict.wait_seconds));
  }
  return absl::OkStatus();
}

absl::Status Session::RetryOld(const OldFailures& failures) {
  for (const auto& [id, failure_class] : failures) {
    const auto trials = ledger_.Indices({id});
    if (!trials.ok() || ledger_.state((*trials)[0]) != TrialState::kFailed) continue;  // of another experiment, or run again
    const bool again = failure_class == spec::kOutOfMemory || policies_.Failed((*trials)[0], failure_class).again;
    if (again) RETURN_IF_ERROR(MakePending(*trials));
  }
  return absl::OkStatus();
}

absl::Status Session::MakePending(const std::vector<TrialIndex>& failed) {
  for (const TrialIndex trial : failed) {
    RETURN_IF_ERROR(store_.SetState(plan_.experiment.name(), ledger_.id(trial), "pending"));
    ledger_.SetState(trial, TrialState::kPending);
  }
  return absl::OkStatus();
}

void Session::FailForGood(TrialIndex trial, const std::string& failure_class, const std::string& message) {
  ledger_.SetState(trial, TrialState::kFailed);
  TellEnd(trial, fmt::format("{}: {}", failure_class, message));
  if (!policies_.StopsAll(failure_class) || stopping_) return;
  observer_.Remark(fmt::format("{} trials in a row have failed with class {}: stopping, the others wait for the next run",
                               policies_.Of(failure_class).stop_after(), failure_class));
  Stop();
}

}  // namespace ablate::runner
