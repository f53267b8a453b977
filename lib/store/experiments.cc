#include "lib/store/experiments.h"

#include <unordered_map>

#include "fmt/format.h"
#include "lib/base/clock.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/store/name_table.h"
#include "lib/store/results.h"

namespace ablate::store {
namespace {

// The experiment's row, and whether results must be made anew since another metric counts now.
struct ExperimentRow {
  int64_t key = 0;
  bool counts_anew = false;
};

absl::StatusOr<ExperimentRow> UpsertExperiment(Connection& connection, const ExperimentRecord& experiment) {
  ASSIGN_OR_RETURN(const int64_t metric, NameTable(connection, "metrics", "metric").KeyOf(experiment.metric));
  ExperimentRow row;
  {
    ASSIGN_OR_RETURN(Statement select, connection.Prepare("SELECT metric != ? OR goal != ? FROM experiments WHERE name = ?"));
    ASSIGN_OR_RETURN(const bool there, select.Integer(metric).Text(experiment.goal).Text(experiment.name).Step());
    row.counts_anew = there && select.IntegerAt(0) != 0;
  }
  ASSIGN_OR_RETURN(
      Statement upsert,
      connection.Prepare("INSERT INTO experiments (name, question, text, digest, metric, goal, at, recorded_us) "
                         "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET question = excluded.question, "
                         "text = excluded.text, digest = excluded.digest, metric = excluded.metric, "
                         "goal = excluded.goal, at = excluded.at"));
  RETURN_IF_ERROR(upsert.Text(experiment.name)
                      .Text(experiment.question)
                      .Text(experiment.text)
                      .Text(experiment.digest)
                      .Integer(metric)
                      .Text(experiment.goal)
                      .Text(experiment.at)
                      .Integer(NowMicroseconds())
                      .Run());
  ASSIGN_OR_RETURN(Statement select, connection.Prepare("SELECT experiment FROM experiments WHERE name = ?"));
  RETURN_IF_ERROR(select.Text(experiment.name).Step().status());
  row.key = select.IntegerAt(0);
  return row;
}

bool ReadsLevel(const Sparsity& sparsity) {
  switch (sparsity.structure()) {
    case Sparsity::NONE:
    case Sparsity::THRESHOLD:
    case Sparsity::TOP_P:
    case Sparsity::N_OF_M:
      return false;
    default:
      return true;
  }
}

// The columns that a trial does not read are NULL; the conditions are those of read_when in proto/trial.proto.
absl::Status InsertTrial(Connection& connection, const TrialRecord& record) {
  const Attention& attention = record.trial.attention();
  const Sparsity& sparsity = attention.sparsity();
  ASSIGN_OR_RETURN(Statement insert,
                   connection.Prepare("INSERT INTO trials (trial_id, task, model, normalizer, seed, sparsity_structure, alpha, "
                                      "alpha_learned, top_k, sparsity_level, k) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  insert.Text(record.id).Text(record.task_name).Text(record.model_name).Text(attention.normalizer());
  insert.Integer(static_cast<int64_t>(record.trial.seed())).Text(Sparsity::Structure_Name(sparsity.structure()));
  if (attention.normalizer() == "entmax" || attention.normalizer() == "adaptive_scalable_entmax") {
    insert.Real(attention.alpha()).Integer(attention.alpha_learned());
  } else {
    insert.Null().Null();
  }
  attention.normalizer() == "top_k_softmax" ? insert.Integer(attention.top_k()) : insert.Null();
  ReadsLevel(sparsity) ? insert.Real(sparsity.level()) : insert.Null();
  attention.balance().k() > 0 ? insert.Integer(attention.balance().k()) : insert.Null();
  return insert.Run();
}

absl::Status InsertSettings(Connection& connection, int64_t trial, const TrialRecord& record) {
  ASSIGN_OR_RETURN(Statement insert, connection.Prepare("INSERT INTO trial_settings (trial, field, value) VALUES (?, ?, ?)"));
  for (const auto& [field, value] : record.settings) RETURN_IF_ERROR(insert.Integer(trial).Text(field).Text(value).Run());
  return absl::OkStatus();
}

struct TrialRow {
  int64_t key = 0;
  bool is_new = false, has_succeeded = false;
};

absl::StatusOr<TrialRow> FindOrInsertTrial(Connection& connection, const TrialRecord& record) {
  {
    ASSIGN_OR_RETURN(Statement select,
                     connection.Prepare("SELECT trial, finished_step IS NOT NULL FROM trials WHERE trial_id = ?"));
    ASSIGN_OR_RETURN(const bool there, select.Text(record.id).Step());
    if (there) return TrialRow{select.IntegerAt(0), false, select.IntegerAt(1) != 0};
  }
  RETURN_IF_ERROR(InsertTrial(connection, record));
  const TrialRow row = {sqlite3_last_insert_rowid(connection.get()), true, false};
  RETURN_IF_ERROR(InsertSettings(connection, row.key, record));
  return row;
}

absl::StatusOr<bool> IsMember(Connection& connection, int64_t experiment, int64_t trial) {
  ASSIGN_OR_RETURN(Statement select, connection.Prepare("SELECT 1 FROM experiment_trials WHERE experiment = ? AND trial = ?"));
  return select.Integer(experiment).Integer(trial).Step();
}

absl::Status UpsertMember(Connection& connection, int64_t experiment, const TrialRow& trial, size_t position,
                          const std::string& arm, size_t arm_position) {
  ASSIGN_OR_RETURN(Statement upsert,
                   connection.Prepare("INSERT INTO experiment_trials (experiment, trial, position, arm, arm_position, state) "
                                      "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (experiment, trial) DO UPDATE SET "
                                      "position = excluded.position, arm = excluded.arm, arm_position = excluded.arm_position, "
                                      "state = CASE excluded.state WHEN 'succeeded' THEN 'succeeded' ELSE state END"));
  return upsert.Integer(experiment)
      .Integer(trial.key)
      .Integer(position)
      .Text(arm)
      .Integer(arm_position)
      .Text(trial.has_succeeded ? "succeeded" : "pending")
      .Run();
}

absl::Status RecomputeResultIn(Connection& connection, int64_t experiment, int64_t trial) {
  ASSIGN_OR_RETURN(const std::vector<CountedMetric> all, CountedMetrics(connection, trial));
  for (const CountedMetric& counted : all) {
    if (counted.experiment == experiment) RETURN_IF_ERROR(RecomputeResult(connection, trial, counted));
  }
  return absl::OkStatus();
}

// Members are marked by a negative position, and those that the experiment still has get theirs again.
absl::Status MarkMembers(Connection& connection, int64_t experiment) {
  ASSIGN_OR_RETURN(Statement mark, connection.Prepare("UPDATE experiment_trials SET position = -1 WHERE experiment = ?"));
  return mark.Integer(experiment).Run();
}

absl::Status UnlinkMarked(Connection& connection, int64_t experiment) {
  ASSIGN_OR_RETURN(Statement results,
                   connection.Prepare("DELETE FROM trial_results WHERE experiment = ?1 AND trial IN "
                                      "(SELECT trial FROM experiment_trials WHERE experiment = ?1 AND position < 0)"));
  RETURN_IF_ERROR(results.Integer(experiment).Run());
  ASSIGN_OR_RETURN(Statement members,
                   connection.Prepare("DELETE FROM experiment_trials WHERE experiment = ? AND position < 0"));
  return members.Integer(experiment).Run();
}

absl::Status ReplaceClaims(Connection& connection, int64_t experiment, const std::vector<ExperimentRecord::Claim>& claims) {
  ASSIGN_OR_RETURN(Statement remove, connection.Prepare("DELETE FROM claims WHERE experiment = ?"));
  RETURN_IF_ERROR(remove.Integer(experiment).Run());
  ASSIGN_OR_RETURN(Statement insert,
                   connection.Prepare("INSERT INTO claims (experiment, position, arm, baseline, at_least, source) "
                                      "VALUES (?, ?, ?, ?, ?, ?)"));
  for (size_t i = 0; i < claims.size(); ++i) {
    const ExperimentRecord::Claim& claim = claims[i];
    insert.Integer(experiment).Integer(i).Text(claim.arm).Text(claim.baseline).Real(claim.at_least).Text(claim.source);
    RETURN_IF_ERROR(insert.Run());
  }
  return absl::OkStatus();
}

// The newest checkpoint of the trial whose file is there.
absl::Status FindCheckpoint(Connection& connection, int64_t trial, const std::string& folder, TrialStatus* status) {
  ASSIGN_OR_RETURN(Statement select,
                   connection.Prepare("SELECT c.step, l.folder, c.path FROM attempts a JOIN checkpoints c USING (attempt) "
                                      "JOIN launches l USING (launch) WHERE a.trial = ? AND c.step < a.void_from "
                                      "ORDER BY c.step DESC, a.attempt DESC"));
  select.Integer(trial);
  while (true) {
    ASSIGN_OR_RETURN(const bool row, select.Step());
    if (!row) return absl::OkStatus();
    const std::string path = JoinPath(JoinPath(folder, select.TextAt(1)), select.TextAt(2));
    if (!FileExists(path)) continue;
    status->checkpoint_step = select.IntegerAt(0);
    status->checkpoint_path = path;
    return absl::OkStatus();
  }
}

}  // namespace

absl::Status InsertExperiment(Connection& connection, const ExperimentRecord& experiment, size_t trials,
                              const std::function<TrialRecord(size_t)>& trial) {
  ASSIGN_OR_RETURN(const ExperimentRow row, UpsertExperiment(connection, experiment));
  RETURN_IF_ERROR(MarkMembers(connection, row.key));
  std::unordered_map<std::string, size_t> arms;
  for (size_t i = 0; i < trials; ++i) {
    const TrialRecord record = trial(i);
    ASSIGN_OR_RETURN(const TrialRow trial_row, FindOrInsertTrial(connection, record));
    ASSIGN_OR_RETURN(const bool was_member, IsMember(connection, row.key, trial_row.key));
    const size_t arm_position = arms.emplace(record.arm, arms.size()).first->second;
    RETURN_IF_ERROR(UpsertMember(connection, row.key, trial_row, i, record.arm, arm_position));
    if (trial_row.is_new || (was_member && !row.counts_anew)) continue;
    RETURN_IF_ERROR(RecomputeResultIn(connection, row.key, trial_row.key));
  }
  RETURN_IF_ERROR(UnlinkMarked(connection, row.key));
  return ReplaceClaims(connection, row.key, experiment.claims);
}

absl::Status ForEachTrialStatus(Connection& connection, const std::string& experiment, const std::string& folder,
                                const StatusTaker& take) {
  ASSIGN_OR_RETURN(Statement find, connection.Prepare("SELECT experiment FROM experiments WHERE name = ?"));
  ASSIGN_OR_RETURN(const bool there, find.Text(experiment).Step());
  if (!there) return absl::NotFoundError(fmt::format("the database has no experiment '{}'", experiment));
  // In the order of the primary key, since sorting would hold all rows.
  ASSIGN_OR_RETURN(
      Statement select,
      connection.Prepare("SELECT et.trial, t.trial_id, et.state, et.position, COUNT(a.first_step), "
                         "COUNT(CASE WHEN a.outcome IN ('failed', 'crashed') THEN 1 END) "
                         "FROM experiment_trials et JOIN trials t USING (trial) LEFT JOIN attempts a USING (trial) "
                         "WHERE et.experiment = ? GROUP BY et.trial"));
  select.Integer(find.IntegerAt(0));
  while (true) {
    ASSIGN_OR_RETURN(const bool row, select.Step());
    if (!row) return absl::OkStatus();
    TrialStatus status;
    status.id = select.TextAt(1);
    status.state = select.TextAt(2);
    status.attempts = select.IntegerAt(4);
    status.failures = select.IntegerAt(5);
    if (status.attempts > 0 && status.state != "succeeded") {
      RETURN_IF_ERROR(FindCheckpoint(connection, select.IntegerAt(0), folder, &status));
    }
    RETURN_IF_ERROR(take(select.IntegerAt(3), status));
  }
}

absl::Status ChangeState(Connection& connection, const std::string& experiment, const std::string& trial,
                         const std::string& state) {
  if (state != "cancelled" && state != "pending") {
    return absl::FailedPreconditionError(fmt::format("a trial can be set to cancelled or pending, not to '{}'", state));
  }
  ASSIGN_OR_RETURN(Statement select, connection.Prepare("SELECT et.experiment, et.trial, et.state FROM experiment_trials et "
                                                        "JOIN experiments e USING (experiment) JOIN trials t USING (trial) "
                                                        "WHERE e.name = ? AND t.trial_id = ?"));
  ASSIGN_OR_RETURN(const bool there, select.Text(experiment).Text(trial).Step());
  if (!there) return absl::NotFoundError(fmt::format("experiment '{}' has no trial {}", experiment, trial));
  const std::string current = select.TextAt(2);
  if (current == state) return absl::OkStatus();
  if (current == "succeeded" || current == "running") {
    return absl::FailedPreconditionError(fmt::format("trial {} is {}: it can't be set to {}", trial, current, state));
  }
  ASSIGN_OR_RETURN(Statement update,
                   connection.Prepare("UPDATE experiment_trials SET state = ? WHERE experiment = ? AND trial = ?"));
  return update.Text(state).Integer(select.IntegerAt(0)).Integer(select.IntegerAt(1)).Run();
}

}  // namespace ablate::store
