// Session's part about early stopping: trials that wait at a rung, and what becomes of them.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lib/base/status_macros.h"
#include "lib/store/reader.h"
#include "runner/scheduler/session.h"

namespace ablate::runner {
namespace {

// Each step once, whatever attempts there were.
constexpr char kPoints[] = R"(
SELECT p.trial_id, p.step, p.value FROM metric_points p
WHERE p.metric = :metric AND p.trial_id IN (
  SELECT t.trial_id FROM experiments e JOIN experiment_trials et USING (experiment) JOIN trials t USING (trial)
  WHERE e.name = :experiment))";

}  // namespace

absl::Status Session::LoadRace() {
  if (!race_.active()) return absl::OkStatus();
  const std::string& name = plan_.experiment.name();
  ASSIGN_OR_RETURN(const std::vector<store::RungDecision> decisions, store_.Rungs(name));
  race_.Load(decisions);
  // Stopping is recorded together with the decision. Who waits all the same has been asked for since, by `ablate retry`.
  for (const TrialIndex trial : ledger_.InState(TrialState::kPending)) {
    if (race_.GateAt(trial, ledger_.checkpoint_step(trial)) == Race::Gate::kStop) race_.Free(trial);
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<store::Reader> reader, store::Reader::Open(store_.path()));
  return reader->ForEachRow(kPoints, {{"metric", plan_.experiment.metric().name()}, {"experiment", name}},
                            [&](const auto&, const std::vector<store::Value>& row) {
                              const auto trials = ledger_.Indices({std::get<std::string>(row[0])});
                              const auto* value = std::get_if<double>(&row[2]);
                              if (trials.ok() && value != nullptr) {
                                race_.AddPoint((*trials)[0], std::get<int64_t>(row[1]), *value);
                              }
                              return true;
                            });
}

absl::Status Session::Enlist(const std::vector<TrialIndex>& trials, bool alone, double wait_seconds) {
  std::vector<TrialIndex> go, stop;
  for (const TrialIndex trial : trials) {
    const Race::Gate gate = race_.GateAt(trial, ledger_.checkpoint_step(trial));
    if (gate == Race::Gate::kGo) go.push_back(trial);
    if (gate == Race::Gate::kWait) held_.insert(trial);
    if (gate == Race::Gate::kStop) stop.push_back(trial);
  }
  rungs_due_ = true;
  const double not_before = wait_seconds > 0 ? Now() + wait_seconds : 0;
  if (alone) {
    scheduler_.AddAlone(ledger_.Runnables(go), not_before);
  } else if (!go.empty()) {
    scheduler_.Add(ledger_.Runnables(go), not_before);
  }
  return stop.empty() ? absl::OkStatus() : EndAtRung({}, stop);
}

Standing Session::StandingOf(TrialIndex trial) const {
  const TrialState state = ledger_.state(trial);
  const bool out = state == TrialState::kFailed || state == TrialState::kStopped || state == TrialState::kCancelled;
  return {out, state == TrialState::kSucceeded, ledger_.checkpoint_step(trial)};
}

absl::Status Session::DecideRungs() {
  if (!race_.active() || stopping_ || !std::exchange(rungs_due_, false)) return absl::OkStatus();
  // Who has written the checkpoint but still is in a launch could not be stopped together with the decision.
  for (const auto& launch : slots_) {
    if (!launch) continue;
    for (const TrialIndex trial : launch->Open(ledger_)) {
      if (race_.GateAt(trial, ledger_.checkpoint_step(trial)) != Race::Gate::kGo) return absl::OkStatus();
    }
  }
  const auto decisions = race_.Decide([this](TrialIndex trial) { return StandingOf(trial); });
  if (decisions.empty()) return absl::OkStatus();
  std::vector<TrialIndex> stopped, rest;
  for (const TrialIndex trial : std::exchange(held_, {})) {
    const Race::Gate gate = race_.GateAt(trial, ledger_.checkpoint_step(trial));
    (gate == Race::Gate::kStop ? stopped : rest).push_back(trial);
  }
  const auto kept = std::count_if(decisions.begin(), decisions.end(), [](const auto& one) { return one.kept; });
  observer_.Remark(fmt::format("rung {}: {} of {} arms go on", decisions.back().rung, kept, decisions.size()));
  RETURN_IF_ERROR(EndAtRung(decisions, stopped));
  return Enlist(rest);
}

absl::Status Session::EndAtRung(const std::vector<store::RungDecision>& decisions, const std::vector<TrialIndex>& stopped) {
  std::vector<std::string> ids;
  for (const TrialIndex trial : stopped) ids.push_back(ledger_.id(trial));
  RETURN_IF_ERROR(store_.RecordRungs(plan_.experiment.name(), decisions, ids));
  for (const TrialIndex trial : stopped) {
    ledger_.SetState(trial, TrialState::kStopped);
    TellEnd(trial, fmt::format("its arm was given up after step {}", ledger_.checkpoint_step(trial)));
  }
  return absl::OkStatus();
}

}  // namespace ablate::runner
