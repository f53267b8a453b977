#include "lib/store/evaluations.h"

#include <optional>

#include "absl/status/statusor.h"
#include "fmt/format.h"
#include "lib/base/status_macros.h"
#include "lib/store/analyses.h"

namespace ablate::store {
namespace {

absl::Status Check(const EvaluationResult& result) {
  const int examples = result.line_size();
  if (result.id().empty()) return absl::InvalidArgumentError("an evaluation has no id");
  RETURN_IF_ERROR(CheckStatistics(result.statistics()));
  if (result.metric_size() != result.value_size()) {
    return absl::InvalidArgumentError(
        fmt::format("evaluation {}: {} metrics with {} values", result.id(), result.metric_size(), result.value_size()));
  }
  if (result.label_size() != examples || result.prediction_size() != examples || result.score_size() != examples) {
    return absl::InvalidArgumentError(fmt::format("evaluation {}: {} lines with {} labels, {} predictions and {} scores",
                                                  result.id(), examples, result.label_size(), result.prediction_size(),
                                                  result.score_size()));
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> KeyOfTrial(Connection& connection, const std::string& trial) {
  ASSIGN_OR_RETURN(Statement select, connection.Prepare("SELECT trial FROM trials WHERE trial_id = ?"));
  ASSIGN_OR_RETURN(const bool there, select.Text(trial).Step());
  if (!there) return absl::InvalidArgumentError(fmt::format("an evaluation of '{}', which is no trial of the database", trial));
  return select.IntegerAt(0);
}

absl::Status InsertFailure(Connection& connection, int64_t launch, int64_t trial, int64_t time_us,
                           const EvaluationResult& result) {
  ASSIGN_OR_RETURN(Statement insert, connection.Prepare("INSERT INTO messages (launch, trial, time_us, severity, text) "
                                                        "VALUES (?, ?, ?, 'ERROR', ?)"));
  return insert.Integer(launch)
      .Integer(trial)
      .Integer(time_us)
      .Text(fmt::format("evaluation {}: {}", result.set().name(), result.failure()))
      .Run();
}

// The new row's key; nothing where it is there.
absl::StatusOr<std::optional<int64_t>> InsertRow(Connection& connection, int64_t launch, int64_t trial, int64_t time_us,
                                                 const EvaluationResult& result) {
  ASSIGN_OR_RETURN(Statement insert,
                   connection.Prepare("INSERT OR IGNORE INTO evaluations (evaluation_id, trial, launch, name, settings, step, "
                                      "examples, evaluated_us, analysis) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  RETURN_IF_ERROR(insert.Text(result.id())
                      .Integer(trial)
                      .Integer(launch)
                      .Text(result.set().name())
                      .Text(result.set().ShortDebugString())
                      .Integer(result.step())
                      .Integer(result.has_analysis() ? static_cast<int64_t>(result.examples()) : result.line_size())
                      .Integer(time_us)
                      .Text(result.analysis().ShortDebugString())
                      .Run());
  if (sqlite3_changes(connection.get()) == 0) return std::nullopt;
  return sqlite3_last_insert_rowid(connection.get());
}

absl::Status InsertPredictions(Connection& connection, int64_t evaluation, const EvaluationResult& result) {
  ASSIGN_OR_RETURN(Statement insert,
                   connection.Prepare("INSERT OR REPLACE INTO evaluation_predictions (evaluation, line, label, prediction, "
                                      "score) VALUES (?, ?, ?, ?, ?)"));
  for (int i = 0; i < result.line_size(); ++i) {
    RETURN_IF_ERROR(insert.Integer(evaluation)
                        .Integer(result.line(i))
                        .Integer(result.label(i))
                        .Integer(result.prediction(i))
                        .Real(result.score(i))
                        .Run());
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status InsertEvaluation(Connection& connection, int64_t launch, int64_t time_us, const EvaluationResult& result,
                              StatisticNames names) {
  RETURN_IF_ERROR(Check(result));
  ASSIGN_OR_RETURN(const int64_t trial, KeyOfTrial(connection, result.trial()));
  if (result.has_failure()) return InsertFailure(connection, launch, trial, time_us, result);
  ASSIGN_OR_RETURN(const std::optional<int64_t> key, InsertRow(connection, launch, trial, time_us, result));
  if (!key.has_value()) return absl::OkStatus();
  ASSIGN_OR_RETURN(Statement metric, connection.Prepare("INSERT OR REPLACE INTO evaluation_metrics (evaluation, metric, value) "
                                                        "VALUES (?, ?, ?)"));
  for (int i = 0; i < result.metric_size(); ++i) {
    RETURN_IF_ERROR(metric.Integer(*key).Text(result.metric(i)).Real(result.value(i)).Run());
  }
  ASSIGN_OR_RETURN(Statement name,
                   connection.Prepare("INSERT INTO evaluation_classes (evaluation, class, name) VALUES (?, ?, ?)"));
  for (int i = 0; i < result.class_name_size(); ++i) {
    RETURN_IF_ERROR(name.Integer(*key).Integer(i).Text(result.class_name(i)).Run());
  }
  if (result.has_analysis()) RETURN_IF_ERROR(InsertAnalysis(connection, *key, result, names));
  return InsertPredictions(connection, *key, result);
}

}  // namespace ablate::store
