#include "lib/store/merge.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "fmt/format.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/store/merge_checks.h"
#include "lib/store/results.h"
#include "lib/store/schema.h"

namespace ablate::store {
namespace {

// A table whose rows are copied. Integer keys differ between the databases: `keys` names the columns that hold one, and the map
// (old -> new) that translates it, a temporary table "map_NAME". Rows whose key is in no map stay behind, but for a NULL.
struct CopiedTable {
  const char* name;
  std::vector<std::pair<const char*, const char*>> keys;
};

// In an order that foreign keys allow.
const std::vector<CopiedTable>& CopiedTables() {
  static const auto& tables = *new std::vector<CopiedTable>{
      {"trials", {{"trial", "new_trial"}}},
      {"trial_settings", {{"trial", "new_trial"}}},
      {"experiments", {{"experiment", "new_experiment"}, {"metric", "metric"}}},
      {"experiment_trials", {{"experiment", "experiment"}, {"trial", "trial"}}},
      {"claims", {{"experiment", "new_experiment"}}},
      {"rungs", {{"experiment", "new_experiment"}}},
      {"launches", {{"launch", "launch"}}},
      {"attempts", {{"attempt", "attempt"}, {"trial", "trial"}, {"launch", "launch"}}},
      {"raw_metric_points", {{"attempt", "attempt"}, {"metric", "metric"}}},
      {"snapshots", {{"snapshot", "snapshot"}, {"attempt", "attempt"}}},
      {"raw_head_statistics", {{"snapshot", "snapshot"}, {"attention", "attention"}, {"statistic", "statistic"}}},
      {"raw_layer_statistics", {{"snapshot", "snapshot"}, {"attention", "attention"}, {"statistic", "statistic"}}},
      {"raw_degrees", {{"snapshot", "snapshot"}, {"attention", "attention"}}},
      {"checkpoints", {{"attempt", "attempt"}}},
      {"messages", {{"message", "message"}, {"launch", "launch"}, {"trial", "trial"}}},
      {"texts", {}},
      {"evaluations", {{"evaluation", "evaluation"}, {"trial", "trial"}, {"launch", "launch"}}},
      {"evaluation_metrics", {{"evaluation", "evaluation"}}},
      {"evaluation_classes", {{"evaluation", "evaluation"}}},
      {"evaluation_predictions", {{"evaluation", "evaluation"}}},
      {"evaluation_head_statistics", {{"evaluation", "evaluation"}, {"attention", "attention"}, {"statistic", "statistic"}}},
      {"evaluation_layer_statistics", {{"evaluation", "evaluation"}, {"attention", "attention"}, {"statistic", "statistic"}}},
      {"evaluation_degrees", {{"evaluation", "evaluation"}, {"attention", "attention"}}},
      {"evaluation_relations", {{"evaluation", "evaluation"}, {"attention", "attention"}}},
      {"evaluation_relation_baselines", {{"evaluation", "evaluation"}}},
      {"evaluation_distances", {{"evaluation", "evaluation"}}},
  };
  return tables;
}

constexpr char kNewEvaluation[] = "evaluation_id NOT IN (SELECT evaluation_id FROM main.evaluations)";

// Names that are kept once, with their keys.
constexpr std::pair<const char*, const char*> kNameTables[] = {
    {"metrics", "metric"}, {"statistics", "statistic"}, {"attention_kinds", "attention"}};

// A copy of the other database with today's schema; the database itself is only read. Removed at the end.
class Snapshot {
 public:
  explicit Snapshot(const std::string& path) : path_(path + ".merge.tmp") { Remove(); }
  ~Snapshot() { Remove(); }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  absl::Status Take(const std::string& other) {
    {
      sqlite3* raw = nullptr;
      const int code = sqlite3_open_v2(other.c_str(), &raw, SQLITE_OPEN_READONLY, nullptr);
      const Database database(raw);
      if (code != SQLITE_OK) return SqliteStatus(raw, "opening it");
      RETURN_IF_ERROR(CheckReadable(raw, other));
      char* sql = sqlite3_mprintf("VACUUM INTO %Q", path_.c_str());
      const absl::Status copied = Execute(raw, sql);
      sqlite3_free(sql);
      RETURN_IF_ERROR(copied);
    }
    sqlite3* raw = nullptr;
    const int code = sqlite3_open_v2(path_.c_str(), &raw, SQLITE_OPEN_READWRITE, nullptr);
    Connection connection((Database(raw)));
    if (code != SQLITE_OK) return SqliteStatus(raw, "opening it");
    return BringUpToDate(connection, path_);
  }

  const std::string& path() const { return path_; }

 private:
  void Remove() const {
    const std::string folder = ParentFolder(path_), name = FileName(path_);
    const auto names = ListFolder(folder);
    for (size_t i = 0; names.ok() && i < names->size(); ++i) {
      if ((*names)[i].rfind(name, 0) == 0) unlink(JoinPath(folder, (*names)[i]).c_str());
    }
  }

  std::string path_;
};

// The other database as "other", as long as it lives.
class Attachment {
 public:
  explicit Attachment(sqlite3* database) : database_(database) {}
  ~Attachment() {
    if (attached_) sqlite3_exec(database_, "DETACH other", nullptr, nullptr, nullptr);
  }
  absl::Status Attach(const std::string& path) {
    char* sql = sqlite3_mprintf("ATTACH %Q AS other", path.c_str());
    const absl::Status status = Execute(database_, sql);
    sqlite3_free(sql);
    attached_ = status.ok();
    return status;
  }

 private:
  sqlite3* database_;
  bool attached_ = false;
};

class Merge {
 public:
  Merge(Connection& connection, std::string folder_prefix)
      : connection_(connection), folder_prefix_(std::move(folder_prefix)) {}

  absl::StatusOr<MergeReport> Run() {
    RETURN_IF_ERROR(CheckMergeable(connection_.get()));
    RETURN_IF_ERROR(MapNames());
    RETURN_IF_ERROR(MapTrialsAndExperiments());
    RETURN_IF_ERROR(MapLaunches());
    RETURN_IF_ERROR(VoidWhatIsTakenOver());
    for (const CopiedTable& table : CopiedTables()) RETURN_IF_ERROR(Copy(table));
    RETURN_IF_ERROR(SettleLaunches());
    RETURN_IF_ERROR(SettleStates());
    RETURN_IF_ERROR(RecomputeResults());
    return Report();
  }

 private:
  absl::Status Do(const std::string& sql) { return Execute(connection_.get(), sql); }

  absl::StatusOr<int64_t> Count(const std::string& sql) {
    ASSIGN_OR_RETURN(const auto count, QueryInteger(connection_.get(), sql));
    return count.value_or(0);
  }

  absl::Status MakeMap(const std::string& name, const std::string& select) {
    return Do(fmt::format("CREATE TEMP TABLE map_{0} (old INTEGER PRIMARY KEY, new INTEGER NOT NULL); INSERT INTO map_{0} {1}",
                          name, select));
  }

  // Keys of rows that are all new: those of the other, behind ours, so that their order stays.
  absl::Status MakeMapBehind(const std::string& name, const std::string& table, const std::string& condition) {
    ASSIGN_OR_RETURN(const int64_t last, Count(fmt::format("SELECT MAX({}) FROM main.{}", name, table)));
    return MakeMap(name, fmt::format("SELECT {0}, {0} + {1} FROM other.{2} WHERE {3}", name, last, table, condition));
  }

  absl::Status MapNames() {
    for (const auto& [table, key] : kNameTables) {
      RETURN_IF_ERROR(
          Do(fmt::format("INSERT OR IGNORE INTO main.{0} (name) SELECT name FROM other.{0} ORDER BY {1}", table, key)));
      RETURN_IF_ERROR(
          MakeMap(key, fmt::format("SELECT o.{0}, m.{0} FROM other.{1} o JOIN main.{1} m USING (name)", key, table)));
    }
    return absl::OkStatus();
  }

  // map_new_X has those that are new, map_X all of the other's.
  absl::Status MapTrialsAndExperiments() {
    for (const auto& [table, key, name] :
         {std::tuple("trials", "trial", "trial_id"), std::tuple("experiments", "experiment", "name")}) {
      ASSIGN_OR_RETURN(const int64_t last, Count(fmt::format("SELECT MAX({}) FROM main.{}", key, table)));
      RETURN_IF_ERROR(MakeMap(fmt::format("new_{}", key),
                              fmt::format("SELECT {0}, {0} + {1} FROM other.{2} WHERE {3} NOT IN (SELECT {3} FROM main.{2})",
                                          key, last, table, name)));
      RETURN_IF_ERROR(MakeMap(key, fmt::format("SELECT old, new FROM map_new_{0} UNION ALL "
                                               "SELECT o.{0}, m.{0} FROM other.{1} o JOIN main.{1} m USING ({2})",
                                               key, table, name)));
    }
    return absl::OkStatus();
  }

  // Of a trial that both have begun, the attempts of one database count: those that finished it, or else that got farther. The
  // other's, where they do, come with their launches.
  absl::Status MapLaunches() {
    RETURN_IF_ERROR(Do(R"(
CREATE TEMP TABLE reached AS
SELECT o.trial AS old, m.finished_step IS NOT NULL AS ours_finished, o.finished_step IS NOT NULL AS theirs_finished,
       (SELECT MAX(COALESCE(last_step, 0)) FROM main.attempts WHERE trial = m.trial AND first_step IS NOT NULL) AS ours,
       (SELECT MAX(COALESCE(last_step, 0)) FROM other.attempts WHERE trial = o.trial AND first_step IS NOT NULL) AS theirs
FROM other.trials o LEFT JOIN main.trials m USING (trial_id);
CREATE TEMP TABLE taken AS
SELECT old FROM reached WHERE theirs IS NOT NULL AND NOT ours_finished AND (theirs_finished OR theirs > COALESCE(ours, -1));
)"));
    const std::string is_new = "NOT IN (SELECT o.launch FROM other.launches o JOIN main.launches m USING (name))";
    RETURN_IF_ERROR(MakeMapBehind(
        "launch", "launches",
        fmt::format("launch {} AND (launch IN (SELECT launch FROM other.attempts WHERE trial IN (SELECT old FROM taken)) OR "
                    "launch IN (SELECT launch FROM other.evaluations WHERE {}))",
                    is_new, kNewEvaluation)));
    RETURN_IF_ERROR(MakeMapBehind("evaluation", "evaluations",
                                  fmt::format("{} AND launch IN (SELECT old FROM map_launch)", kNewEvaluation)));
    RETURN_IF_ERROR(
        MakeMapBehind("attempt", "attempts", "trial IN (SELECT old FROM taken) AND launch IN (SELECT old FROM map_launch)"));
    RETURN_IF_ERROR(MakeMapBehind("snapshot", "snapshots", "attempt IN (SELECT old FROM map_attempt)"));
    return MakeMapBehind("message", "messages",
                         "launch IN (SELECT old FROM map_launch) AND (trial IS NULL OR trial IN (SELECT old FROM taken))");
  }

  // Before theirs come in.
  absl::Status VoidWhatIsTakenOver() {
    return Do(R"(
CREATE TEMP TABLE begun_before AS
SELECT m.new AS trial, COUNT(a.first_step) AS attempts FROM map_trial m JOIN main.attempts a ON a.trial = m.new GROUP BY m.new;
UPDATE main.attempts SET void_from = MIN(void_from, COALESCE(
    (SELECT MIN(o.first_step) FROM map_trial m JOIN other.attempts o ON o.trial = m.old JOIN map_attempt k ON k.old = o.attempt
     WHERE m.new = attempts.trial), void_from))
WHERE trial IN (SELECT new FROM map_trial);
)");
  }

  // Columns by their names, so that one added later comes along.
  absl::Status Copy(const CopiedTable& table) {
    std::string columns, values, joins;
    ASSIGN_OR_RETURN(Statement info, connection_.Prepare(fmt::format("SELECT name FROM pragma_table_info('{}')", table.name)));
    while (true) {
      ASSIGN_OR_RETURN(const bool row, info.Step());
      if (!row) break;
      const std::string column = info.TextAt(0);
      const auto key = std::find_if(table.keys.begin(), table.keys.end(), [&](const auto& k) { return column == k.first; });
      columns += (columns.empty() ? "" : ", ") + column;
      values += (values.empty() ? "" : ", ") + (key == table.keys.end() ? "o." + column : "m_" + column + ".new");
      if (key != table.keys.end()) {
        const bool may_be_null = std::string(table.name) == "messages" && column == "trial";
        joins += fmt::format(" {0}JOIN map_{1} m_{2} ON m_{2}.old = o.{2}", may_be_null ? "LEFT " : "", key->second, column);
      }
    }
    if (columns.empty()) return absl::OkStatus();  // a table that this schema doesn't have
    return Do(
        fmt::format("INSERT OR IGNORE INTO main.{0} ({1}) SELECT {2} FROM other.{0} o{3}", table.name, columns, values, joins));
  }

  absl::Status SettleLaunches() {
    RETURN_IF_ERROR(Do(R"(
UPDATE main.attempts SET number = number + COALESCE((SELECT b.attempts FROM begun_before b WHERE b.trial = attempts.trial), 0)
WHERE attempt IN (SELECT new FROM map_attempt);
)"));
    if (folder_prefix_.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(Statement update,
                     connection_.Prepare("UPDATE main.launches SET folder = ? || '/' || folder "
                                         "WHERE launch IN (SELECT new FROM map_launch) AND folder NOT LIKE '/%'"));
    return update.Text(folder_prefix_).Run();
  }

  // A success counts in all experiments; else where theirs count, their states do.
  absl::Status SettleStates() {
    return Do(R"(
UPDATE main.trials SET finished_step = (SELECT o.finished_step FROM other.trials o WHERE o.trial_id = trials.trial_id)
WHERE finished_step IS NULL AND trial_id IN (SELECT trial_id FROM other.trials WHERE finished_step IS NOT NULL);
UPDATE main.experiment_trials SET state = COALESCE(
    (SELECT o.state FROM other.experiment_trials o JOIN map_experiment e ON e.old = o.experiment JOIN map_trial t ON t.old = o.trial
     WHERE e.new = experiment_trials.experiment AND t.new = experiment_trials.trial), state)
WHERE trial IN (SELECT m.new FROM map_trial m JOIN taken ON taken.old = m.old);
UPDATE main.experiment_trials SET state = 'succeeded'
WHERE state != 'succeeded' AND trial IN (SELECT trial FROM main.trials WHERE finished_step IS NOT NULL);
)");
  }

  absl::Status RecomputeResults() {
    std::vector<int64_t> trials;
    {
      ASSIGN_OR_RETURN(Statement select, connection_.Prepare("SELECT new FROM map_trial"));
      while (true) {
        ASSIGN_OR_RETURN(const bool row, select.Step());
        if (!row) break;
        trials.push_back(select.IntegerAt(0));
      }
    }
    for (const int64_t trial : trials) {
      ASSIGN_OR_RETURN(const std::vector<CountedMetric> all, CountedMetrics(connection_, trial));
      for (const CountedMetric& counted : all) RETURN_IF_ERROR(RecomputeResult(connection_, trial, counted));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<MergeReport> Report() {
    MergeReport report;
    ASSIGN_OR_RETURN(report.experiments, Count("SELECT COUNT(*) FROM map_new_experiment"));
    ASSIGN_OR_RETURN(report.trials, Count("SELECT COUNT(*) FROM map_new_trial"));
    ASSIGN_OR_RETURN(report.same_trials, Count("SELECT COUNT(*) FROM map_trial"));
    report.same_trials -= report.trials;
    ASSIGN_OR_RETURN(report.launches, Count("SELECT COUNT(*) FROM map_launch"));
    ASSIGN_OR_RETURN(report.attempts, Count("SELECT COUNT(*) FROM map_attempt"));
    ASSIGN_OR_RETURN(report.points, Count("SELECT COUNT(*) FROM other.raw_metric_points JOIN map_attempt ON old = attempt"));
    return report;
  }

  Connection& connection_;
  const std::string folder_prefix_;
};

std::string Canonical(const std::string& path) {
  std::error_code error;
  const std::filesystem::path canonical = std::filesystem::canonical(path, error);
  return error ? path : canonical.string();
}

absl::Status DropTemporaries(sqlite3* database) {
  std::string drops =
      "DROP TABLE IF EXISTS temp.reached; DROP TABLE IF EXISTS temp.taken; DROP TABLE IF EXISTS temp.begun_before;";
  for (const char* map : {"metric", "statistic", "attention", "new_trial", "trial", "new_experiment", "experiment", "launch",
                          "attempt", "snapshot", "message", "evaluation"}) {
    drops += fmt::format("DROP TABLE IF EXISTS temp.map_{};", map);
  }
  return Execute(database, drops);
}

}  // namespace

std::vector<std::string> MergedTables() {
  std::vector<std::string> names = {"trial_results"};  // made anew
  for (const CopiedTable& table : CopiedTables()) names.emplace_back(table.name);
  for (const auto& [table, key] : kNameTables) names.emplace_back(table);
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> UnmergedTables() { return {"t_quantiles"}; }

absl::StatusOr<MergeReport> MergeDatabase(Connection& connection, const std::string& path, const std::string& other_path) {
  if (!FileExists(other_path)) return absl::NotFoundError(fmt::format("{}: there is no such database", other_path));
  const std::string ours = Canonical(path), theirs = Canonical(other_path);
  if (ours == theirs) return absl::InvalidArgumentError(fmt::format("{} and {} are the same database", path, other_path));
  Snapshot snapshot(ours);
  RETURN_IF_ERROR(snapshot.Take(theirs));
  Attachment attachment(connection.get());
  RETURN_IF_ERROR(attachment.Attach(snapshot.path()));
  const bool same_folder = ParentFolder(ours) == ParentFolder(theirs);
  absl::StatusOr<MergeReport> report = MergeReport();
  const absl::Status status = connection.InTransaction([&]() -> absl::Status {
    report = Merge(connection, same_folder ? "" : ParentFolder(theirs)).Run();
    return report.status();
  });
  RETURN_IF_ERROR(DropTemporaries(connection.get()));
  RETURN_IF_ERROR(status);
  return report;
}

}  // namespace ablate::store
