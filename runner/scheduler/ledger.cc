#include "runner/scheduler/ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "lib/base/digest.h"
#include "lib/base/files.h"

namespace ablate::runner {
namespace {

constexpr size_t kShapeDigits = 32;
constexpr double kUnknownStepSeconds = 0.01;

TrialState StateOf(AttemptEnd::Outcome outcome) {
  switch (outcome) {
    case AttemptEnd::SUCCEEDED:
      return TrialState::kSucceeded;
    case AttemptEnd::STOPPED:
      return TrialState::kStopped;
    case AttemptEnd::FAILED:
      return TrialState::kFailed;
    default:
      return TrialState::kPending;
  }
}

}  // namespace

std::optional<TrialState> ParseTrialState(const std::string& name) {
  const auto place = std::find(kTrialStateNames.begin(), kTrialStateNames.end(), name);
  if (place == kTrialStateNames.end()) return std::nullopt;
  return static_cast<TrialState>(place - kTrialStateNames.begin());
}

Ledger::Ledger(const spec::Plan& plan) : plan_(plan), entries_(plan.trials.size()) {
  std::unordered_map<std::string, uint32_t> shapes;
  std::map<std::pair<std::string, int>, uint32_t> groups;
  std::vector<const uint32_t*> group_of;
  by_id_.reserve(entries_.size());
  uint32_t seed_rank = 0;
  for (TrialIndex i = 0; i < entries_.size(); ++i) {
    const Trial trial = plan.trials[i].trial();
    Entry& entry = entries_[i];
    seed_rank = i > 0 && plan.trials[i].arm == plan.trials[i - 1].arm ? seed_rank + 1 : 0;
    entry.seed_rank = seed_rank;
    entry.seed = trial.seed();
    entry.steps = trial.training().steps();
    entry.metric = std::numeric_limits<double>::quiet_NaN();
    const auto [shape, is_new] = shapes.emplace(spec::ArrayKey(trial), shapes.size());
    entry.shape = shape->second;
    if (is_new) {
      shape_digests_.push_back(Sha256(shape->first).substr(0, kShapeDigits));
      first_of_shape_.push_back(i);
    }
    const Attention& attention = trial.attention();
    group_of.push_back(&groups[{attention.normalizer(), attention.sparsity().structure()}]);
    by_id_.push_back(i);
  }
  std::sort(by_id_.begin(), by_id_.end(), [&](TrialIndex a, TrialIndex b) { return plan.trials[a].id < plan.trials[b].id; });
  uint32_t group = 0;
  for (auto& [words, number] : groups) number = group++;
  for (TrialIndex i = 0; i < entries_.size(); ++i) entries_[i].group = *group_of[i];
  counts_[static_cast<size_t>(TrialState::kPending)] = entries_.size();
}

absl::Status Ledger::Load(const std::vector<store::TrialStatus>& statuses) {
  if (statuses.size() != entries_.size()) {
    return absl::InternalError(fmt::format("the store has {} trials, the plan {}", statuses.size(), entries_.size()));
  }
  for (TrialIndex i = 0; i < entries_.size(); ++i) {
    const store::TrialStatus& status = statuses[i];
    const auto state = ParseTrialState(status.state);
    if (status.id != id(i) || !state) {
      return absl::InternalError(
          fmt::format("the store has trial {} {} where the plan has {}", status.id, status.state, id(i)));
    }
    SetState(i, *state);
    entries_[i].attempts = status.attempts;
    entries_[i].checkpoint_step = status.checkpoint_step;
    entries_[i].checkpoint = status.checkpoint_path;
  }
  return absl::OkStatus();
}

std::vector<TrialIndex> Ledger::InState(TrialState state) const {
  std::vector<TrialIndex> trials;
  for (TrialIndex i = 0; i < entries_.size(); ++i) {
    if (entries_[i].state == state) trials.push_back(i);
  }
  return trials;
}

absl::StatusOr<std::vector<TrialIndex>> Ledger::Indices(const std::vector<std::string>& ids) const {
  std::vector<TrialIndex> trials;
  for (const std::string& id : ids) {
    const auto trial = IndexOf(id);
    if (!trial) return absl::InternalError(fmt::format("trial {} is not in the plan", id));
    trials.push_back(*trial);
  }
  return trials;
}

std::vector<Runnable> Ledger::Runnables(const std::vector<TrialIndex>& trials) const {
  std::vector<Runnable> runnables;
  runnables.reserve(trials.size());
  for (const TrialIndex trial : trials) {
    const Entry& entry = entries_[trial];
    const double known = step_seconds_.empty() ? 0 : step_seconds_[entry.shape];
    const double work = static_cast<double>(entry.steps - std::min(entry.steps, entry.checkpoint_step)) *
                        (known > 0 ? known : kUnknownStepSeconds);
    runnables.push_back({trial, entry.shape, entry.group, entry.seed_rank, entry.checkpoint_step, work});
  }
  return runnables;
}

Trial Ledger::TrialOfShape(uint32_t shape) const { return plan_.trials[first_of_shape_[shape]].trial(); }

std::vector<Entrant> Ledger::Entrants() const {
  std::unordered_map<std::string_view, uint32_t> arms;
  for (uint32_t i = 0; i < plan_.arms.size(); ++i) arms.emplace(plan_.arms[i], i);
  std::vector<Entrant> entrants;
  for (TrialIndex i = 0; i < entries_.size(); ++i) {
    const Training training = plan_.trials[i].trial().training();
    entrants.push_back({arms.at(arm(i)), training.steps(), training.evaluations()});
  }
  return entrants;
}

TrialRequest Ledger::Request(TrialIndex trial) const {
  const Entry& entry = entries_[trial];
  TrialRequest request;
  request.set_id(id(trial));
  *request.mutable_trial() = plan_.trials[trial].trial();
  request.set_attempt(entry.attempts + 1);
  if (entry.checkpoint_step > 0) request.set_checkpoint(entry.checkpoint);
  return request;
}

void Ledger::SetState(TrialIndex trial, TrialState state) {
  --counts_[static_cast<size_t>(entries_[trial].state)];
  ++counts_[static_cast<size_t>(state)];
  entries_[trial].state = state;
}

std::optional<TrialIndex> Ledger::IndexOf(const std::string& id) const {
  const auto place = std::lower_bound(by_id_.begin(), by_id_.end(), id,
                                      [&](TrialIndex i, std::string_view sought) { return plan_.trials[i].id < sought; });
  if (place == by_id_.end() || plan_.trials[*place].id != id) return std::nullopt;
  return *place;
}

std::optional<TrialIndex> Ledger::Apply(const Event& event, const std::string& folder) {
  switch (event.kind_case()) {
    case Event::kAttemptBegin:
      if (const auto trial = IndexOf(event.attempt_begin().trial()))
        entries_[*trial].attempts = event.attempt_begin().attempt();
      return std::nullopt;
    case Event::kMetricPoints:
      ApplyPoints(event.metric_points());
      return std::nullopt;
    case Event::kCheckpointWritten:
      ApplyCheckpoint(event.checkpoint_written(), folder);
      return std::nullopt;
    case Event::kAttemptEnd:
      if (const auto trial = IndexOf(event.attempt_end().trial())) return ApplyEnd(event.attempt_end(), *trial);
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

void Ledger::ApplyPoints(const MetricPoints& points) {
  const Metric& metric = plan_.experiment.metric();
  const auto trial = IndexOf(points.trial());
  for (int i = 0; trial && i < std::min(points.metric_size(), points.value_size()); ++i) {
    if (points.metric(i) != metric.name()) continue;
    double& kept = entries_[*trial].metric;
    const double value = points.value(i);
    const bool better = metric.goal() == Metric::MINIMIZE ? value < kept : value > kept;
    if (metric.at() == Metric::LAST || std::isnan(kept) || better) kept = value;
  }
}

void Ledger::ApplyCheckpoint(const CheckpointWritten& written, const std::string& folder) {
  const auto trial = IndexOf(written.trial());
  if (!trial) return;
  Entry& entry = entries_[*trial];
  const std::string path = JoinPath(folder, written.path());
  if (!entry.checkpoint.empty() && entry.checkpoint != path) needless_.push_back(entry.checkpoint);
  entry.checkpoint = path;
  entry.checkpoint_step = written.step();
}

TrialIndex Ledger::ApplyEnd(const AttemptEnd& end, TrialIndex trial) {
  Entry& entry = entries_[trial];
  SetState(trial, StateOf(end.outcome()));
  if (end.outcome() == AttemptEnd::SUCCEEDED && !entry.checkpoint.empty()) {
    const std::string weights = std::exchange(entry.checkpoint, "");
    if (!KeepsWeights()) needless_.push_back(weights);
    entry.checkpoint_step = 0;
  }
  return trial;
}

std::vector<std::string> Ledger::TakeNeedlessCheckpoints() { return std::exchange(needless_, {}); }

}  // namespace ablate::runner
