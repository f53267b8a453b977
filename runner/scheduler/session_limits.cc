// Session's part about time: of trials, of the run, and of workers that say nothing.
#include <fmt/format.h>

#include "lib/base/status_macros.h"
#include "lib/spec/failure_classes.h"
#include "runner/scheduler/launch_folder.h"
#include "runner/scheduler/session.h"

namespace ablate::runner {

absl::Status Session::CheckLimits() {
  const double most_seconds = launching().experiment_seconds(), heartbeat = launching().heartbeat_seconds();
  if (most_seconds > 0 && !stopping_ && Now() > most_seconds) {
    out_of_time_ = true;
    observer_.Remark(fmt::format("the experiment's time limit of {} s is over: stopping at the next checkpoint", most_seconds));
    Stop();
  }
  const Clock::time_point now = Clock::now();
  for (auto& launch : slots_) {
    if (!launch || !launch->killed_for().empty()) continue;
    if (!backend_.Computes(launch->name())) {
      launch->Waits(now);
      continue;
    }
    if (heartbeat > 0 && launch->SilentSeconds(now) > heartbeat) {
      launch->set_killed_for(spec::kNoProgress);
      backend_.Kill(launch->name());
    }
    RETURN_IF_ERROR(CheckTrialTimes(*launch, now));
  }
  return absl::OkStatus();
}

absl::Status Session::CheckTrialTimes(RunningLaunch& launch, Clock::time_point now) {
  if (launching().trial_seconds() == 0) return absl::OkStatus();
  for (const TrialIndex trial : launch.Open(ledger_)) {
    if (ledger_.seconds(trial) + launch.Seconds(now) <= launching().trial_seconds()) continue;
    if (launch.timed_out().insert(trial).second) RETURN_IF_ERROR(AskToStop(launch.folder(), ledger_.id(trial)));
  }
  return absl::OkStatus();
}

}  // namespace ablate::runner
