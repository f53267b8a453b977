// Session's part about what people ask of it: commands, signals.
#include <fmt/format.h>

#include <utility>

#include "lib/base/status_macros.h"
#include "runner/scheduler/launch_folder.h"
#include "runner/scheduler/session.h"

namespace ablate::runner {
namespace {

constexpr std::chrono::milliseconds kServeAtMostEvery{200};

}  // namespace

absl::Status Session::ServeCommands() {
  if (Clock::now() - served_ < kServeAtMostEvery) return absl::OkStatus();
  served_ = Clock::now();
  for (const Command& command : TakeCommands(store_.path())) RETURN_IF_ERROR(Obey(command));
  return absl::OkStatus();
}

absl::Status Session::Obey(const Command& command) {
  const auto changed = Execute(command, store_);
  if (absl::IsNotFound(changed.status())) return absl::OkStatus();
  RETURN_IF_ERROR(changed.status());
  if (command.experiment != plan_.experiment.name()) return absl::OkStatus();
  if (command.kind == Command::Kind::kCancel) return Cancel(changed->size());
  ASSIGN_OR_RETURN(const std::vector<TrialIndex> again, ledger_.Indices(*changed));
  for (const TrialIndex trial : again) {
    ledger_.SetState(trial, TrialState::kPending);
    scheduler_.Forget(trial);
    policies_.Forget(trial);
    race_.Free(trial);
  }
  observer_.Remark(fmt::format("{} trials are tried again", again.size()));
  return Enlist(again);
}

absl::Status Session::Cancel(size_t changed) {
  for (const TrialIndex trial : scheduler_.Clear()) ledger_.SetState(trial, TrialState::kCancelled);
  for (const TrialIndex trial : std::exchange(held_, {})) ledger_.SetState(trial, TrialState::kCancelled);
  for (auto& launch : slots_) {
    if (!launch) continue;
    for (const TrialIndex trial : launch->Open(ledger_)) RETURN_IF_ERROR(AskToStop(launch->folder(), ledger_.id(trial)));
    launch->set_cancelled();
    backend_.Leave(launch->name());
  }
  observer_.Remark(fmt::format("cancelled: {} waiting trials, running ones are stopped", changed));
  return absl::OkStatus();
}

void Session::ObeySignals() {
  const Signals::Stops stops = signals_.TakeStops();
  if (stops.count == 0) return;
  if (stops.hung_up && backend_.capabilities().outlives_runner) {
    interrupted_ = detached_ = true;
    return;
  }
  const bool kill = interrupted_ || stops.count > 1;
  interrupted_ = true;
  if (!stopping_) {
    observer_.Remark("stopping at the next checkpoint; once more to stop now (nothing is lost either way)");
    Stop();
  }
  for (const auto& launch : slots_) {
    if (launch && kill) backend_.Kill(launch->name());
  }
  killed_ |= kill;
}

void Session::Stop() {
  stopping_ = true;
  for (const auto& launch : slots_) {
    if (!launch) continue;
    if (!AskToLeave(launch->folder()).ok()) backend_.Kill(launch->name());
    backend_.Leave(launch->name());
  }
}

void Session::EndFatally(absl::Status status) {
  if (fatal_.ok()) fatal_ = std::move(status);
  if (!stopping_) Stop();
}

}  // namespace ablate::runner
