#include "analysis/report/report_data.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>
#include <variant>
#include <vector>

#include "analysis/compare.h"
#include "analysis/compare_text.h"
#include "analysis/experiment_results.h"
#include "analysis/leaderboard.h"
#include "analysis/leaderboard_text.h"
#include "analysis/trial_results.h"
#include "lib/base/status_macros.h"
#include "lib/spec/fields.h"

namespace ablate::analysis {
namespace {

using nlohmann::ordered_json;

struct NamedSql {
  const char *name, *sql;
};

constexpr NamedSql kTables[] = {
    {"curves",
     "SELECT arm, metric, step, n, mean, lowest, highest FROM metric_curves c WHERE experiment = :experiment AND (metric LIKE "
     "'train/loss' OR metric LIKE 'validation/%') AND step % (1 + (SELECT COUNT(DISTINCT step) FROM metric_curves d WHERE "
     "d.experiment = :experiment AND d.metric = c.metric) / 200) = 0 ORDER BY metric, arm, step"},
    {"trials", "SELECT trial_id, arm, seed, state, value FROM trial_overview WHERE experiment = :experiment"},
    {"heads",
     "SELECT d.trial_id, d.attention, d.layer, d.head, d.density, d.entropy, d.alpha FROM head_density d "
     "JOIN trial_overview o USING (trial_id) WHERE o.experiment = :experiment ORDER BY d.trial_id, d.attention, d.layer, "
     "d.head"},
    {"degrees",
     "SELECT o.arm, d.attention, d.layer, d.direction, d.degree, SUM(d.count) AS count FROM trial_overview o "
     "JOIN trials t ON t.trial_id = o.trial_id JOIN last_snapshots l ON l.trial = t.trial "
     "JOIN degrees d ON d.trial_id = o.trial_id AND d.step = l.step WHERE o.experiment = :experiment "
     "GROUP BY o.arm, d.attention, d.layer, d.direction, d.degree ORDER BY o.arm, d.attention, d.layer, d.direction, d.degree"},
    {"growth",
     "SELECT arm, attention, layer, step, attended, most_attending FROM receptive_field_growth "
     "WHERE experiment = :experiment"},
    {"failures", "SELECT arm, seed, failure_class, message, step, launch FROM failures WHERE experiment = :experiment"},
    {"launches",
     "SELECT l.name AS launch, l.host, l.device_name, l.threads, l.versions, l.git_commit, l.git_diff_digest, l.command_line, "
     "l.seconds, l.exit_reason FROM launches l WHERE l.launch IN (SELECT a.launch FROM attempts a JOIN experiment_trials et "
     "USING (trial) JOIN experiments e USING (experiment) WHERE e.name = :experiment) ORDER BY l.launch"},
};

ordered_json Json(const store::Value& value) {
  if (const auto* integer = std::get_if<int64_t>(&value)) return *integer;
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  const auto* real = std::get_if<double>(&value);
  return real != nullptr && std::isfinite(*real) ? ordered_json(*real) : ordered_json();
}

ordered_json Json(const store::Table& table) {
  ordered_json rows = ordered_json::array();
  for (const std::vector<store::Value>& row : table.rows) {
    ordered_json values = ordered_json::array();
    for (const store::Value& value : row) values.push_back(Json(value));
    rows.push_back(std::move(values));
  }
  return {{"columns", table.columns}, {"rows", std::move(rows)}};
}

}  // namespace

absl::StatusOr<std::string> ReportData(const store::Reader& reader, const std::string& experiment) {
  ASSIGN_OR_RETURN(const ExperimentResults results, ReadExperiment(reader, experiment));
  ASSIGN_OR_RETURN(const std::vector<TrialResult> trials, ReadTrials(reader, experiment));
  ordered_json tables = ordered_json::object();
  tables["leaderboard"] = Json(LeaderboardTable(Leaderboard(results.arms, results.maximize(), ""), false));
  ordered_json fields = ordered_json::array();
  for (const int field : VariedFields(trials)) {
    const std::string& path = spec::TrialFields()[field].path;
    ASSIGN_OR_RETURN(const FieldComparison comparison, CompareBy(trials, results.maximize(), path, ""));
    tables["by " + path] = Json(ComparisonTable(comparison));
    fields.push_back(path);
  }
  for (const NamedSql& one : kTables) {
    ASSIGN_OR_RETURN(const store::Table table, reader.Query(one.sql, {{"experiment", experiment}}));
    tables[one.name] = Json(table);
  }
  const ordered_json all = {
      {"experiment",
       {{"name", results.name}, {"metric", results.metric}, {"goal", results.goal}, {"fields", std::move(fields)}}},
      {"tables", std::move(tables)}};
  return all.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace ablate::analysis
