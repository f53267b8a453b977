#include "runner/cli/status_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "analysis/table.h"
#include "lib/base/clock.h"
#include "lib/base/status_macros.h"
#include "lib/base/text.h"
#include "proto/trial.pb.h"
#include "runner/cli/open_store.h"
#include "runner/cli/presence.h"
#include "runner/scheduler/observer.h"

namespace ablate::runner {
namespace {

// Steps a second: the mean since the launch began. `now_us` is :now_us, and not SQLite's, whose clock counts milliseconds.
constexpr char kLaunches[] = R"(
SELECT e.name AS experiment, l.name AS launch, l.device, l.host, l.pid, COUNT(*) AS trials, MIN(et.arm) AS arm,
       MAX(a.last_step) AS step, MAX(CAST(COALESCE(s.value, :default_steps) AS INTEGER)) AS steps,
       (MAX(a.last_step) - MIN(a.first_step) + 1) * 1e6 / MAX(1, :now_us - MIN(a.begin_us)) AS steps_per_s
FROM launches l
JOIN attempts a USING (launch)
JOIN experiment_trials et USING (trial)
JOIN experiments e USING (experiment)
LEFT JOIN trial_settings s ON s.trial = a.trial AND s.field = 'training.steps'
WHERE l.exit_reason IS NULL AND a.outcome IS NULL AND (:experiment = '' OR e.name = :experiment)
GROUP BY l.launch, e.experiment ORDER BY l.launch)";

std::string ExperimentsSql() {
  std::string sql = "SELECT e.name AS experiment";
  for (const char* state : kTrialStateNames) sql += fmt::format(", SUM(et.state = '{0}') AS {0}", state);
  return sql +
         ", COUNT(*) AS trials FROM experiments e JOIN experiment_trials et USING (experiment) "
         "WHERE :experiment = '' OR e.name = :experiment GROUP BY e.experiment ORDER BY e.experiment";
}

absl::Status Unknown(const store::Reader& reader, const std::string& database, const std::string& experiment) {
  ASSIGN_OR_RETURN(const store::Table known, reader.Query("SELECT name FROM experiments"));
  std::vector<std::string> names;
  for (const auto& row : known.rows) names.push_back(std::get<std::string>(row[0]));
  return absl::NotFoundError(fmt::format("{} has no experiment \"{}\"{}", database, experiment, DidYouMean(experiment, names)));
}

const store::Value& At(const store::Table& table, size_t row, const char* column) {
  const auto place = std::find(table.columns.begin(), table.columns.end(), column);
  return table.rows[row][static_cast<size_t>(place - table.columns.begin())];
}

// 0 where there is none.
double Number(const store::Table& table, size_t row, const char* column) {
  const store::Value& value = At(table, row, column);
  if (const auto* real = std::get_if<double>(&value)) return *real;
  const auto* whole = std::get_if<int64_t>(&value);
  return whole == nullptr ? 0 : static_cast<double>(*whole);
}

// At the pace of what runs now; waiting trials count as those that run. NULL where nothing runs, or has taken no step yet.
store::Value SecondsLeft(const StatusReport& report, size_t row) {
  double left = 0, pace = 0, steps = 0, trials = 0;  // in steps of one trial
  for (size_t i = 0; i < report.launches.rows.size(); ++i) {
    if (At(report.launches, i, "experiment") != At(report.experiments, row, "experiment")) continue;
    const double size = Number(report.launches, i, "trials"), all = Number(report.launches, i, "steps");
    left += size * (all - Number(report.launches, i, "step"));
    pace += size * Number(report.launches, i, "steps_per_s");
    steps += size * all;
    trials += size;
  }
  if (report.writer.empty() || pace <= 0) return std::monostate();
  return (left + Number(report.experiments, row, "pending") * steps / trials) / pace;
}

void AddSecondsLeft(StatusReport* report) {
  for (size_t row = 0; row < report->experiments.rows.size(); ++row) {
    report->experiments.rows[row].push_back(SecondsLeft(*report, row));
  }
  report->experiments.columns.push_back("seconds_left");
}

nlohmann::ordered_json Json(const store::Table& table) {
  auto rows = nlohmann::ordered_json::array();
  for (const auto& row : table.rows) {
    auto object = nlohmann::ordered_json::object();
    for (size_t i = 0; i < row.size(); ++i) {
      std::visit(
          [&](const auto& value) {
            if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::monostate>) {
              object[table.columns[i]] = nullptr;
            } else {
              object[table.columns[i]] = value;
            }
          },
          row[i]);
    }
    rows.push_back(object);
  }
  return rows;
}

}  // namespace

absl::StatusOr<StatusReport> ReadStatus(const std::string& database, const std::string& experiment) {
  ASSIGN_OR_RETURN(const std::unique_ptr<store::Reader> reader, OpenStore(database));
  StatusReport report;
  report.writer = WriterOf(database).value_or("");
  ASSIGN_OR_RETURN(report.experiments, reader->Query(ExperimentsSql(), {{"experiment", experiment}}));
  if (report.experiments.rows.empty() && !experiment.empty()) return Unknown(*reader, database, experiment);
  const std::string now = fmt::format("{}", NowMicroseconds()), steps = fmt::format("{}", Training().steps());
  ASSIGN_OR_RETURN(report.launches,
                   reader->Query(kLaunches, {{"experiment", experiment}, {"now_us", now}, {"default_steps", steps}}));
  AddSecondsLeft(&report);
  return report;
}

bool GoesOn(const StatusReport& report) {
  double open = 0;
  for (size_t row = 0; row < report.experiments.rows.size(); ++row) {
    open += Number(report.experiments, row, "pending") + Number(report.experiments, row, "running");
  }
  return !report.writer.empty() && open > 0;
}

std::string StatusText(const StatusReport& report, int width) {
  analysis::TableOptions options;
  options.width = width;
  std::string text = analysis::FormatTable(report.experiments, analysis::Format::kTable, options);
  if (!report.writer.empty()) {
    text += fmt::format("\nA runner is at work: {}.\n", report.writer);
  } else {
    text += "\nNo runner is at work.\n";
    if (!report.launches.rows.empty()) text += "The last one died; `ablate run` goes on where it was.\n";
  }
  if (!report.slurm.remark.empty()) text += "\n" + report.slurm.remark + "\n";
  if (!report.slurm.tasks.rows.empty()) {
    text += "\nTasks of Slurm, which need no runner; `ablate run --backend slurm` brings in what they have done.\n\n" +
            analysis::FormatTable(report.slurm.tasks, analysis::Format::kTable, options);
  }
  if (report.launches.rows.empty()) return text;
  return text + "\n" + analysis::FormatTable(report.launches, analysis::Format::kTable, options);
}

std::string StatusJson(const StatusReport& report, const std::string& database) {
  nlohmann::ordered_json json;
  for (const auto& [name, value] : Context(database, "status")) json["context"][name] = value;
  json["runner"] = report.writer.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(report.writer);
  json["experiments"] = Json(report.experiments);
  json["launches"] = Json(report.launches);
  json["slurm_tasks"] = Json(report.slurm.tasks);
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace ablate::runner
