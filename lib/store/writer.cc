#include "lib/store/writer.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "fmt/format.h"
#include "lib/base/digest.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/store/collection.h"
#include "lib/store/experiments.h"
#include "lib/store/launches.h"
#include "lib/store/lock.h"
#include "lib/store/merge.h"
#include "lib/store/rungs.h"
#include "lib/store/schema.h"
#include "lib/store/sqlite.h"

namespace ablate::store {
namespace {

constexpr int kBusyMilliseconds = 10'000;

absl::StatusOr<Database> OpenForWriting(const std::string& path) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  Database database(raw);
  if (code != SQLITE_OK) return SqliteStatus(raw, "opening it");
  sqlite3_extended_result_codes(raw, 1);
  sqlite3_busy_timeout(raw, kBusyMilliseconds);
  return database;
}

// While an experiment is recorded, which dirties many pages once: a cache that holds them all would be most of the runner's
// memory.
constexpr char kSmallCache[] = "PRAGMA cache_size = -1000";
constexpr char kUsualCache[] = "PRAGMA cache_size = -2500";

// NORMAL: a commit survives the death of every process, and costs no sync; a power loss may take the last ones, never the file.
// Checkpoints every 16 MB, since points of many trials dirty the same pages again and again; a cache of 2.5 MB holds the pages
// that grow for 190 trials of 3 metrics.
absl::Status Configure(sqlite3* database) {
  return Execute(
      database,
      "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA secure_delete = OFF; "
      "PRAGMA cache_size = -2500; PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864;");
}

std::string AbsoluteFolderOf(const std::string& path) {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(ParentFolder(path), error);
  return error ? ParentFolder(path) : absolute.lexically_normal().string();
}

}  // namespace

struct Writer::State {
  State(Lock taken, Database database) : lock(std::move(taken)), connection(std::move(database)), collection(connection) {}

  // Runs `body` in a transaction, after which nothing may be assumed of experiments and launches.
  template <typename Body>
  absl::Status Change(Body body) {
    const absl::Status status = connection.InTransaction(body);
    collection.ForgetAll();
    return status;
  }

  Lock lock;  // released last
  Connection connection;
  Collection collection;
};

Writer::Writer(std::string path, std::unique_ptr<State> state) : path_(std::move(path)), state_(std::move(state)) {}

Writer::~Writer() = default;

absl::StatusOr<std::unique_ptr<Writer>> Writer::Open(const std::string& path) { return Open(path, Options()); }

absl::StatusOr<std::unique_ptr<Writer>> Writer::Open(const std::string& path, const Options& options) {
  ASSIGN_OR_RETURN(const FileSystem file_system, options.file_system_of(ParentFolder(path)));
  RETURN_IF_ERROR(RefuseNetwork(file_system, path));
  ASSIGN_OR_RETURN(Lock lock, Lock::Take(path));
  ASSIGN_OR_RETURN(Database database, OpenForWriting(path));
  std::unique_ptr<Writer> writer(new Writer(path, std::make_unique<State>(std::move(lock), std::move(database))));
  RETURN_IF_ERROR(Configure(writer->state_->connection.get()));
  RETURN_IF_ERROR(BringUpToDate(writer->state_->connection, path));
  return writer;
}

absl::Status Writer::RecordExperiment(const ExperimentRecord& experiment) {
  return RecordExperiment(experiment, experiment.trials.size(), [&](size_t i) { return experiment.trials[i]; });
}

absl::Status Writer::RecordExperiment(const ExperimentRecord& experiment, size_t trials,
                                      const std::function<TrialRecord(size_t)>& trial) {
  RETURN_IF_ERROR(Execute(state_->connection.get(), kSmallCache));
  const absl::Status status = state_->Change([&] { return InsertExperiment(state_->connection, experiment, trials, trial); });
  RETURN_IF_ERROR(Execute(state_->connection.get(), kUsualCache));
  return status;
}

absl::Status Writer::ForEachStatus(const std::string& experiment, const StatusTaker& take) {
  return ForEachTrialStatus(state_->connection, experiment, AbsoluteFolderOf(path_), take);
}

absl::StatusOr<std::vector<TrialStatus>> Writer::Statuses(const std::string& experiment) {
  std::vector<TrialStatus> statuses;
  RETURN_IF_ERROR(ForEachStatus(experiment, [&](size_t position, const TrialStatus& status) {
    statuses.resize(std::max(statuses.size(), position + 1));
    statuses[position] = status;
    return absl::OkStatus();
  }));
  return statuses;
}

absl::Status Writer::SetState(const std::string& experiment, const std::string& trial, const std::string& state) {
  return state_->connection.InTransaction([&] { return ChangeState(state_->connection, experiment, trial, state); });
}

absl::Status Writer::Collect(const std::string& launch, const std::vector<Event>& events) {
  return state_->collection.Collect(launch, events);
}

absl::Status Writer::RecordLaunch(const LaunchRecord& launch) {
  return state_->connection.InTransaction([&] { return InsertLaunch(state_->connection, launch); });
}

absl::Status Writer::EndLaunch(const std::string& launch, const std::string& exit_reason, const std::string& open_state,
                               const std::string& failure_class, const std::string& message) {
  if (open_state != "pending" && open_state != "failed") {
    return absl::InvalidArgumentError(fmt::format("open trials of a launch become pending or failed, not '{}'", open_state));
  }
  const Ending ending = {exit_reason, open_state, failure_class, message};
  state_->collection.Forget(launch);
  return state_->connection.InTransaction([&] { return FinishLaunch(state_->connection, launch, ending); });
}

absl::Status Writer::AddMessage(const std::string& launch, Note::Severity severity, const std::string& text) {
  return state_->connection.InTransaction([&] { return InsertMessage(state_->connection, launch, severity, text); });
}

absl::Status Writer::FailStopped(const std::string& launch, const std::string& trial, const std::string& failure_class,
                                 const std::string& message) {
  return state_->connection.InTransaction(
      [&] { return FailStoppedAttempt(state_->connection, launch, trial, failure_class, message); });
}

absl::StatusOr<std::vector<RungDecision>> Writer::Rungs(const std::string& experiment) {
  return RungDecisions(state_->connection, experiment);
}

absl::Status Writer::RecordRungs(const std::string& experiment, const std::vector<RungDecision>& decisions,
                                 const std::vector<std::string>& stopped) {
  return state_->connection.InTransaction(
      [&] { return InsertRungDecisions(state_->connection, experiment, decisions, stopped); });
}

absl::Status Writer::KeepText(const std::string& text) {
  return state_->connection.InTransaction([&]() -> absl::Status {
    ASSIGN_OR_RETURN(Statement insert, state_->connection.Prepare("INSERT OR IGNORE INTO texts (digest, text) VALUES (?, ?)"));
    const std::string digest = Sha256(text);
    return insert.Text(digest).Text(text).Run();
  });
}

absl::StatusOr<MergeReport> Writer::Merge(const std::string& other_path) {
  state_->collection.ForgetAll();
  return MergeDatabase(state_->connection, path_, other_path);
}

absl::StatusOr<std::vector<std::pair<std::string, std::string>>> Writer::OpenLaunches() {
  return UnfinishedLaunches(state_->connection);
}

}  // namespace ablate::store
