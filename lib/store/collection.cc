#include "lib/store/collection.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_join.h"
#include "fmt/format.h"
#include "lib/base/status_macros.h"
#include "lib/store/evaluations.h"
#include "lib/store/statistics_rows.h"

namespace ablate::store {
namespace {

constexpr uint64_t kMaxStep = std::numeric_limits<int64_t>::max() - 1;

// A code that SQLite's errors never have.
absl::Status Senseless(const std::string& what) { return absl::InvalidArgumentError(what); }

absl::Status CheckStep(uint64_t step) {
  return step <= kMaxStep ? absl::OkStatus() : Senseless(fmt::format("step {} is above {}", step, kMaxStep));
}

}  // namespace

absl::Status SetTrialState(Connection& connection, int64_t trial, int64_t attempt, const std::string& state) {
  if (state == "succeeded") {
    ASSIGN_OR_RETURN(Statement update, connection.Prepare("UPDATE experiment_trials SET state = 'succeeded' WHERE trial = ?"));
    return update.Integer(trial).Run();
  }
  ASSIGN_OR_RETURN(Statement update,
                   connection.Prepare("UPDATE experiment_trials SET state = ?1 WHERE trial = ?2 AND state = 'running' "
                                      "AND NOT EXISTS (SELECT 1 FROM attempts WHERE trial = ?2 AND attempt > ?3)"));
  return update.Text(state).Integer(trial).Integer(attempt).Run();
}

Collection::Collection(Connection& connection)
    : connection_(connection),
      metrics_(connection, "metrics", "metric"),
      statistics_(connection, "statistics", "statistic"),
      attention_kinds_(connection, "attention_kinds", "attention") {}

void Collection::ForgetAll() {
  launches_.clear();
  metrics_.Forget();
  statistics_.Forget();
  attention_kinds_.Forget();
}

absl::Status Collection::Collect(const std::string& name, const std::vector<Event>& events) {
  ASSIGN_OR_RETURN(Launch * launch, FindLaunch(name));
  const auto is_new = [launch](const Event& event) { return event.sequence() > launch->collected; };
  if (std::none_of(events.begin(), events.end(), is_new)) return absl::OkStatus();
  results_.clear();
  absl::Status senseless;
  const absl::Status status = connection_.InTransaction([&]() -> absl::Status {
    for (const Event& event : events) {
      if (!is_new(event)) continue;
      senseless = event.sequence() == launch->collected + 1
                      ? Apply(*launch, event)
                      : Senseless(fmt::format("it follows event {}: what is between them is missing", launch->collected));
      if (absl::IsInvalidArgument(senseless)) {
        senseless = Senseless(fmt::format("launch {}, event {}: {}", name, event.sequence(), std::string(senseless.message())));
        break;
      }
      RETURN_IF_ERROR(senseless);
      launch->collected = event.sequence();
    }
    return Finish(launch);
  });
  if (!status.ok()) ForgetAll();
  return status.ok() ? senseless : status;
}

absl::StatusOr<Collection::Launch*> Collection::FindLaunch(const std::string& name) {
  const auto found = launches_.find(name);
  if (found != launches_.end()) return &found->second;
  Launch launch;
  launch.name = name;
  {
    ASSIGN_OR_RETURN(Statement select, connection_.Prepare("SELECT launch, collected FROM launches WHERE name = ?"));
    ASSIGN_OR_RETURN(const bool there, select.Text(name).Step());
    if (!there) return absl::NotFoundError(fmt::format("the database has no launch '{}'", name));
    launch.key = select.IntegerAt(0);
    launch.collected = select.IntegerAt(1);
  }
  RETURN_IF_ERROR(LoadAttempts(&launch));
  return &launches_.emplace(name, std::move(launch)).first->second;
}

absl::Status Collection::LoadAttempts(Launch* launch) {
  ASSIGN_OR_RETURN(Statement select,
                   connection_.Prepare("SELECT t.trial_id, a.attempt, a.trial, a.first_step IS NOT NULL, a.void_from "
                                       "FROM attempts a JOIN trials t USING (trial) WHERE a.launch = ?"));
  select.Integer(launch->key);
  while (true) {
    ASSIGN_OR_RETURN(const bool row, select.Step());
    if (!row) return absl::OkStatus();
    Attempt attempt = {select.IntegerAt(1), select.IntegerAt(2), select.IntegerAt(3) != 0, select.IntegerAt(4), {}};
    ASSIGN_OR_RETURN(attempt.counted, CountedMetrics(connection_, attempt.trial));
    launch->attempts.emplace(select.TextAt(0), std::move(attempt));
  }
}

absl::StatusOr<Collection::Attempt*> Collection::FindAttempt(Launch& launch, const std::string& trial, bool must_have_begun) {
  const auto found = launch.attempts.find(trial);
  if (found == launch.attempts.end()) return Senseless(fmt::format("trial '{}' is not one of the launch", trial));
  if (must_have_begun && !found->second.begun) return Senseless(fmt::format("trial {} has not begun", trial));
  return &found->second;
}

absl::Status Collection::Finish(Launch* launch) {
  for (const auto& [key, result] : results_) RETURN_IF_ERROR(MergeResult(connection_, key.second, result.first, result.second));
  ASSIGN_OR_RETURN(Statement step, connection_.Prepare("UPDATE attempts SET last_step = MAX(COALESCE(last_step, 0), ?) "
                                                       "WHERE attempt = ?"));
  for (auto& [id, attempt] : launch->attempts) {
    if (attempt.last_step < 0) continue;
    RETURN_IF_ERROR(step.Integer(attempt.last_step).Integer(attempt.key).Run());
    attempt.last_step = -1;
  }
  ASSIGN_OR_RETURN(Statement update, connection_.Prepare("UPDATE launches SET collected = ? WHERE launch = ?"));
  return update.Integer(launch->collected).Integer(launch->key).Run();
}

absl::Status Collection::Apply(Launch& launch, const Event& event) {
  switch (event.kind_case()) {
    case Event::kLaunchBegin:
      return ApplyLaunchBegin(launch, event);
    case Event::kAttemptBegin:
      return ApplyAttemptBegin(launch, event);
    case Event::kMetricPoints:
      return ApplyMetricPoints(launch, event.metric_points());
    case Event::kAttentionStatistics:
      return ApplyStatistics(launch, event.attention_statistics());
    case Event::kCheckpointWritten:
      return ApplyCheckpoint(launch, event);
    case Event::kNote:
      return ApplyNote(launch, event);
    case Event::kAttemptEnd:
      return ApplyAttemptEnd(launch, event);
    case Event::kLaunchEnd:
      return ApplyLaunchEnd(launch, event);
    case Event::kEvaluationResult:
      return InsertEvaluation(connection_, launch.key, event.time_us(), event.evaluation_result(),
                              {statistics_, attention_kinds_});
    case Event::KIND_NOT_SET:
      return absl::OkStatus();  // a kind that only a newer program knows
  }
  return absl::OkStatus();
}

absl::Status Collection::ApplyLaunchBegin(Launch& launch, const Event& event) {
  const LaunchBegin& begin = event.launch_begin();
  if (begin.has_launch() && begin.launch() != launch.name) {
    return Senseless(fmt::format("the log is that of launch '{}'", begin.launch()));
  }
  const std::string versions = absl::StrJoin(begin.version(), "; ");
  ASSIGN_OR_RETURN(Statement update,
                   connection_.Prepare("UPDATE launches SET begin_us = ?, host = ?, pid = ?, device_name = ?, threads = ?, "
                                       "versions = ? WHERE launch = ?"));
  return update.Integer(event.time_us())
      .Text(begin.host())
      .Integer(begin.pid())
      .Text(begin.device_name())
      .Integer(begin.threads())
      .Text(versions)
      .Integer(launch.key)
      .Run();
}

absl::Status Collection::ApplyAttemptBegin(Launch& launch, const Event& event) {
  const AttemptBegin& begin = event.attempt_begin();
  RETURN_IF_ERROR(CheckStep(begin.first_step()));
  ASSIGN_OR_RETURN(Attempt * attempt, FindAttempt(launch, begin.trial(), false));
  if (attempt->begun) return Senseless(fmt::format("trial {} begins a second time", begin.trial()));
  ASSIGN_OR_RETURN(Statement update,
                   connection_.Prepare("UPDATE attempts SET number = ?1, first_step = ?2, begin_us = ?3 WHERE attempt = ?4"));
  RETURN_IF_ERROR(
      update.Integer(begin.attempt()).Integer(begin.first_step()).Integer(event.time_us()).Integer(attempt->key).Run());
  attempt->begun = true;
  return VoidOlderPoints(begin.trial(), *attempt, begin.first_step());
}

absl::Status Collection::VoidOlderPoints(const std::string& trial_id, const Attempt& attempt, int64_t first_step) {
  ASSIGN_OR_RETURN(Statement update, connection_.Prepare("UPDATE attempts SET void_from = ?1 "
                                                         "WHERE trial = ?2 AND attempt < ?3 AND void_from > ?1"));
  RETURN_IF_ERROR(update.Integer(first_step).Integer(attempt.trial).Integer(attempt.key).Run());
  if (sqlite3_changes(connection_.get()) == 0) return absl::OkStatus();
  for (auto& [name, launch] : launches_) {
    const auto older = launch.attempts.find(trial_id);
    if (older == launch.attempts.end() || older->second.key >= attempt.key) continue;
    older->second.void_from = std::min(older->second.void_from, first_step);
  }
  for (const CountedMetric& counted : attempt.counted) RETURN_IF_ERROR(RecomputeResult(connection_, attempt.trial, counted));
  return absl::OkStatus();
}

absl::Status Collection::ApplyMetricPoints(Launch& launch, const MetricPoints& points) {
  RETURN_IF_ERROR(CheckStep(points.step()));
  if (points.metric_size() != points.value_size()) {
    return Senseless(fmt::format("{} metrics with {} values", points.metric_size(), points.value_size()));
  }
  ASSIGN_OR_RETURN(Attempt * attempt, FindAttempt(launch, points.trial(), true));
  ASSIGN_OR_RETURN(Statement insert,
                   connection_.Prepare("INSERT OR REPLACE INTO raw_metric_points (attempt, metric, step, value) "
                                       "VALUES (?, ?, ?, ?)"));
  const int64_t step = points.step();
  attempt->last_step = std::max(attempt->last_step, step);
  for (int i = 0; i < points.metric_size(); ++i) {
    ASSIGN_OR_RETURN(const int64_t metric, metrics_.KeyOf(points.metric(i)));
    RETURN_IF_ERROR(insert.Integer(attempt->key).Integer(metric).Integer(step).Real(points.value(i)).Run());
    for (const CountedMetric& counted : attempt->counted) {
      if (counted.metric != metric || step >= attempt->void_from) continue;
      auto& result = results_[{counted.experiment, attempt->trial}];
      result.first = counted;
      result.second.Add(step, points.value(i), counted.maximize);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> Collection::Snapshot(const Attempt& attempt, int64_t step) {
  {
    ASSIGN_OR_RETURN(Statement insert, connection_.Prepare("INSERT OR IGNORE INTO snapshots (attempt, step) VALUES (?, ?)"));
    RETURN_IF_ERROR(insert.Integer(attempt.key).Integer(step).Run());
  }
  ASSIGN_OR_RETURN(Statement select, connection_.Prepare("SELECT snapshot FROM snapshots WHERE attempt = ? AND step = ?"));
  RETURN_IF_ERROR(select.Integer(attempt.key).Integer(step).Step().status());
  return select.IntegerAt(0);
}

absl::Status Collection::ApplyStatistics(Launch& launch, const AttentionStatistics& statistics) {
  RETURN_IF_ERROR(CheckStep(statistics.step()));
  RETURN_IF_ERROR(CheckStatistics(statistics));
  ASSIGN_OR_RETURN(Attempt * attempt, FindAttempt(launch, statistics.trial(), true));
  ASSIGN_OR_RETURN(const int64_t snapshot, Snapshot(*attempt, statistics.step()));
  return InsertStatistics(connection_, kSnapshotTables, snapshot, statistics, {statistics_, attention_kinds_});
}

absl::Status Collection::ApplyCheckpoint(Launch& launch, const Event& event) {
  const CheckpointWritten& written = event.checkpoint_written();
  RETURN_IF_ERROR(CheckStep(written.step()));
  ASSIGN_OR_RETURN(Attempt * attempt, FindAttempt(launch, written.trial(), true));
  ASSIGN_OR_RETURN(Statement insert,
                   connection_.Prepare("INSERT OR REPLACE INTO checkpoints (attempt, step, path, bytes, written_us) "
                                       "VALUES (?, ?, ?, ?, ?)"));
  return insert.Integer(attempt->key)
      .Integer(written.step())
      .Text(written.path())
      .Integer(written.bytes())
      .Integer(event.time_us())
      .Run();
}

absl::Status Collection::ApplyNote(Launch& launch, const Event& event) {
  const Note& note = event.note();
  ASSIGN_OR_RETURN(Statement insert, connection_.Prepare("INSERT INTO messages (launch, time_us, severity, text, trial) "
                                                         "VALUES (?, ?, ?, ?, ?)"));
  const std::string severity = note.severity() == Note::SEVERITY_UNSPECIFIED ? "INFO" : Note::Severity_Name(note.severity());
  insert.Integer(launch.key).Integer(event.time_us()).Text(severity).Text(note.text());
  if (!note.has_trial()) return insert.Null().Run();
  ASSIGN_OR_RETURN(Attempt * attempt, FindAttempt(launch, note.trial(), false));
  return insert.Integer(attempt->trial).Run();
}

absl::Status Collection::ApplyAttemptEnd(Launch& launch, const Event& event) {
  const AttemptEnd& end = event.attempt_end();
  RETURN_IF_ERROR(CheckStep(end.step()));
  ASSIGN_OR_RETURN(Attempt * attempt, FindAttempt(launch, end.trial(), false));
  const auto [outcome, state] = [&]() -> std::pair<std::string, std::string> {
    switch (end.outcome()) {
      case AttemptEnd::SUCCEEDED:
        return {"succeeded", "succeeded"};
      case AttemptEnd::LEFT:
        return {"left", "pending"};
      case AttemptEnd::STOPPED:
        return {"stopped", "stopped"};
      case AttemptEnd::FAILED:
        return {"failed", "failed"};
      case AttemptEnd::OUTCOME_UNSPECIFIED:
        break;
    }
    return {};
  }();
  if (outcome.empty()) return Senseless(fmt::format("the end of trial {} has no outcome", end.trial()));
  ASSIGN_OR_RETURN(
      Statement update,
      connection_.Prepare("UPDATE attempts SET end_us = ?, last_step = ?, outcome = ?, failure_class = NULLIF(?, ''), "
                          "message = NULLIF(?, '') WHERE attempt = ?"));
  RETURN_IF_ERROR(update.Integer(event.time_us())
                      .Integer(end.step())
                      .Text(outcome)
                      .Text(end.failure_class())
                      .Text(end.message())
                      .Integer(attempt->key)
                      .Run());
  if (state == "succeeded") {
    ASSIGN_OR_RETURN(Statement finish, connection_.Prepare("UPDATE trials SET finished_step = ? WHERE trial = ?"));
    RETURN_IF_ERROR(finish.Integer(end.step()).Integer(attempt->trial).Run());
  }
  return SetTrialState(connection_, attempt->trial, attempt->key, state);
}

absl::Status Collection::ApplyLaunchEnd(Launch& launch, const Event& event) {
  ASSIGN_OR_RETURN(Statement update, connection_.Prepare("UPDATE launches SET end_us = ?, seconds = ?, peak_bytes = ?, "
                                                         "device_peak_bytes = NULLIF(?, 0) WHERE launch = ?"));
  return update.Integer(event.time_us())
      .Real(event.launch_end().seconds())
      .Integer(event.launch_end().peak_bytes())
      .Integer(event.launch_end().device_peak_bytes())
      .Integer(launch.key)
      .Run();
}

}  // namespace ablate::store
