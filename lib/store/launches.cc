#include "lib/store/launches.h"

#include "fmt/format.h"
#include "lib/base/clock.h"
#include "lib/base/status_macros.h"
#include "lib/store/collection.h"

namespace ablate::store {
namespace {

absl::StatusOr<int64_t> InsertLaunchRow(Connection& connection, const LaunchRecord& launch) {
  ASSIGN_OR_RETURN(
      Statement insert,
      connection.Prepare(
          "INSERT OR IGNORE INTO launches (name, folder, backend, device, command_line, git_commit, "
          "git_diff_digest, ablate_version, system, untracked_digest, spec_digest, data_files, recorded_us, shape, "
          "slot_bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULLIF(?, ''), NULLIF(?, 0))"));
  RETURN_IF_ERROR(insert.Text(launch.launch)
                      .Text(launch.folder)
                      .Text(launch.backend)
                      .Text(launch.device)
                      .Text(launch.command_line)
                      .Text(launch.git_commit)
                      .Text(launch.git_diff_digest)
                      .Text(launch.ablate_version)
                      .Text(launch.system)
                      .Text(launch.untracked_digest)
                      .Text(launch.spec_digest)
                      .Text(launch.data_files)
                      .Integer(NowMicroseconds())
                      .Text(launch.shape)
                      .Integer(launch.slot_bytes)
                      .Run());
  if (sqlite3_changes(connection.get()) == 0) {
    return absl::AlreadyExistsError(fmt::format("the database has a launch '{}' already", launch.launch));
  }
  return sqlite3_last_insert_rowid(connection.get());
}

absl::Status InsertAttempt(Connection& connection, int64_t launch, const std::string& trial_id) {
  ASSIGN_OR_RETURN(Statement select, connection.Prepare("SELECT trial FROM trials WHERE trial_id = ?"));
  ASSIGN_OR_RETURN(const bool there, select.Text(trial_id).Step());
  if (!there) return absl::NotFoundError(fmt::format("the database has no trial '{}'", trial_id));
  const int64_t trial = select.IntegerAt(0);
  ASSIGN_OR_RETURN(Statement insert, connection.Prepare("INSERT INTO attempts (trial, launch) VALUES (?, ?)"));
  RETURN_IF_ERROR(insert.Integer(trial).Integer(launch).Run());
  ASSIGN_OR_RETURN(Statement update, connection.Prepare("UPDATE experiment_trials SET state = 'running' "
                                                        "WHERE trial = ? AND state IN ('pending', 'failed')"));
  return update.Integer(trial).Run();
}

struct OpenAttempt {
  int64_t attempt, trial;
};

absl::StatusOr<std::vector<OpenAttempt>> OpenAttempts(Connection& connection, int64_t launch) {
  ASSIGN_OR_RETURN(Statement select,
                   connection.Prepare("SELECT attempt, trial FROM attempts WHERE launch = ? AND outcome IS NULL"));
  select.Integer(launch);
  std::vector<OpenAttempt> open;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, select.Step());
    if (!row) return open;
    open.push_back({select.IntegerAt(0), select.IntegerAt(1)});
  }
}

absl::Status EndAttempts(Connection& connection, int64_t launch, const Ending& ending) {
  ASSIGN_OR_RETURN(const std::vector<OpenAttempt> open, OpenAttempts(connection, launch));
  ASSIGN_OR_RETURN(Statement update,
                   connection.Prepare("UPDATE attempts SET end_us = ?, outcome = ?, failure_class = NULLIF(?, ''), "
                                      "message = NULLIF(?, '') WHERE attempt = ?"));
  const std::string outcome = ending.Outcome();
  for (const OpenAttempt& one : open) {
    update.Integer(NowMicroseconds()).Text(outcome).Text(ending.failure_class).Text(ending.message).Integer(one.attempt);
    RETURN_IF_ERROR(update.Run());
    RETURN_IF_ERROR(SetTrialState(connection, one.trial, one.attempt, ending.open_state));
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> LaunchKey(Connection& connection, const std::string& name, bool* ended) {
  ASSIGN_OR_RETURN(Statement select, connection.Prepare("SELECT launch, exit_reason IS NOT NULL FROM launches WHERE name = ?"));
  ASSIGN_OR_RETURN(const bool there, select.Text(name).Step());
  if (!there) return absl::NotFoundError(fmt::format("the database has no launch '{}'", name));
  *ended = select.IntegerAt(1) != 0;
  return select.IntegerAt(0);
}

}  // namespace

std::string Ending::Outcome() const {
  if (open_state == "failed") return "failed";
  return failure_class.empty() ? "interrupted" : "crashed";
}

absl::Status InsertLaunch(Connection& connection, const LaunchRecord& launch) {
  ASSIGN_OR_RETURN(const int64_t key, InsertLaunchRow(connection, launch));
  for (const std::string& trial : launch.trials) RETURN_IF_ERROR(InsertAttempt(connection, key, trial));
  return absl::OkStatus();
}

absl::Status FinishLaunch(Connection& connection, const std::string& name, const Ending& ending) {
  bool ended;
  ASSIGN_OR_RETURN(const int64_t launch, LaunchKey(connection, name, &ended));
  if (ended) return absl::OkStatus();
  RETURN_IF_ERROR(EndAttempts(connection, launch, ending));
  ASSIGN_OR_RETURN(Statement update, connection.Prepare("UPDATE launches SET exit_reason = ?, end_us = COALESCE(end_us, ?) "
                                                        "WHERE launch = ?"));
  return update.Text(ending.exit_reason).Integer(NowMicroseconds()).Integer(launch).Run();
}

absl::Status FailStoppedAttempt(Connection& connection, const std::string& launch, const std::string& trial,
                                const std::string& failure_class, const std::string& message) {
  ASSIGN_OR_RETURN(Statement select,
                   connection.Prepare("SELECT a.attempt, a.trial FROM attempts a JOIN launches l USING (launch) "
                                      "JOIN trials t USING (trial) WHERE l.name = ? AND t.trial_id = ?"));
  ASSIGN_OR_RETURN(const bool there, select.Text(launch).Text(trial).Step());
  if (!there) return absl::NotFoundError(fmt::format("launch '{}' has no trial '{}'", launch, trial));
  const int64_t attempt = select.IntegerAt(0), key = select.IntegerAt(1);
  ASSIGN_OR_RETURN(Statement update,
                   connection.Prepare("UPDATE attempts SET outcome = 'failed', failure_class = ?, message = ? "
                                      "WHERE attempt = ? AND outcome = 'stopped'"));
  RETURN_IF_ERROR(update.Text(failure_class).Text(message).Integer(attempt).Run());
  if (sqlite3_changes(connection.get()) == 0) return absl::OkStatus();
  ASSIGN_OR_RETURN(Statement state,
                   connection.Prepare("UPDATE experiment_trials SET state = 'failed' WHERE trial = ? AND state = 'stopped'"));
  return state.Integer(key).Run();
}

absl::Status InsertMessage(Connection& connection, const std::string& launch, Note::Severity severity,
                           const std::string& text) {
  bool ended;
  ASSIGN_OR_RETURN(const int64_t key, LaunchKey(connection, launch, &ended));
  const std::string name = severity == Note::SEVERITY_UNSPECIFIED ? "INFO" : Note::Severity_Name(severity);
  ASSIGN_OR_RETURN(Statement insert,
                   connection.Prepare("INSERT INTO messages (launch, time_us, severity, text) SELECT ?1, ?2, ?3, ?4 "
                                      "WHERE NOT EXISTS (SELECT 1 FROM messages WHERE launch = ?1 AND text = ?4)"));
  return insert.Integer(key).Integer(NowMicroseconds()).Text(name).Text(text).Run();
}

absl::StatusOr<std::vector<std::pair<std::string, std::string>>> UnfinishedLaunches(Connection& connection) {
  ASSIGN_OR_RETURN(Statement select,
                   connection.Prepare("SELECT name, folder FROM launches WHERE exit_reason IS NULL ORDER BY launch"));
  std::vector<std::pair<std::string, std::string>> open;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, select.Step());
    if (!row) return open;
    open.emplace_back(select.TextAt(0), select.TextAt(1));
  }
}

}  // namespace ablate::store
