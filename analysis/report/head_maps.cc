#include "analysis/report/head_maps.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <variant>

#include "analysis/report/analysed.h"
#include "lib/base/status_macros.h"

namespace ablate::analysis {
namespace {

// Of the experiment's trials; keys instead of names, since there may be a million rows.
constexpr char kRows[] =
    "SELECT et.position, h.attention, h.layer, h.head, h.statistic, h.value FROM experiments e "
    "JOIN experiment_trials et USING (experiment) JOIN last_snapshots l USING (trial) "
    "JOIN raw_head_statistics h USING (snapshot) WHERE e.name = :experiment";
// Of statistics that training does not log.
constexpr char kAnalysedToo[] =
    " UNION ALL SELECT et.position, h.attention, h.layer, h.head, h.statistic, h.value FROM experiments e "
    "JOIN experiment_trials et USING (experiment) JOIN analysed a USING (trial) "
    "JOIN evaluation_head_statistics h USING (evaluation) WHERE e.name = :experiment "
    "AND h.statistic NOT IN (SELECT statistic FROM raw_head_statistics)";
constexpr char kTrials[] =
    "SELECT et.position, et.arm, et.state, t.seed FROM experiments e JOIN experiment_trials et USING (experiment) "
    "JOIN trials t USING (trial) WHERE e.name = :experiment ORDER BY et.arm_position, et.position";

struct Row {
  int64_t position, attention, layer, head, statistic;
  double value;
};

absl::StatusOr<std::vector<Row>> ReadRows(const Study& study) {
  ASSIGN_OR_RETURN(const bool analysed, HasAnalyses(study));
  const std::string sql = analysed ? std::string(kAnalysed) + kRows + kAnalysedToo : kRows;
  std::vector<Row> rows;
  RETURN_IF_ERROR(study.reader->ForEachRow(
      sql, {{"experiment", study.results.name}}, [&](const std::vector<std::string>&, const std::vector<store::Value>& row) {
        const auto whole = [&](size_t i) { return std::get<int64_t>(row[i]); };
        rows.push_back({whole(0), whole(1), whole(2), whole(3), whole(4), NumberOf(row[5])});
        return true;
      }));
  return rows;
}

absl::StatusOr<std::map<int64_t, std::string>> Names(const Study& study, const std::string& sql) {
  ASSIGN_OR_RETURN(const store::Table table, study.reader->Query(sql));
  std::map<int64_t, std::string> names;
  for (const std::vector<store::Value>& row : table.rows) names[std::get<int64_t>(row[0])] = TextOf(row[1]);
  return names;
}

// The order in which they are offered.
bool Before(const std::string& a, const std::string& b) {
  const auto place = [](const std::string& name) {
    return name == "density" ? 0 : name == "alpha" ? 1 : name == "entropy" ? 2 : 3;
  };
  return std::pair(place(a), a) < std::pair(place(b), b);
}

struct Keys {
  std::map<int64_t, std::string> attentions, statistics;
};

void LayOut(const std::vector<Row>& rows, const Keys& keys, HeadMaps* maps) {
  std::set<std::pair<int64_t, int64_t>> layers;
  std::set<int64_t> statistics;
  for (const Row& row : rows) {
    layers.emplace(row.attention, row.layer);
    statistics.insert(row.statistic);
    maps->heads = std::max(maps->heads, static_cast<size_t>(row.head + 1));
  }
  for (const auto& [attention, layer] : layers) maps->layers.emplace_back(keys.attentions.at(attention), layer);
  for (const int64_t statistic : statistics) maps->statistics.push_back(keys.statistics.at(statistic));
  std::sort(maps->layers.begin(), maps->layers.end());
  std::sort(maps->statistics.begin(), maps->statistics.end(), Before);
}

void FillIn(const std::vector<Row>& rows, const Keys& keys, const std::map<int64_t, HeadMaps::Trial*>& trials, HeadMaps* maps) {
  std::map<int64_t, size_t> statistics;
  for (const auto& [key, name] : keys.statistics) {
    statistics[key] = std::find(maps->statistics.begin(), maps->statistics.end(), name) - maps->statistics.begin();
  }
  std::map<std::pair<int64_t, int64_t>, size_t> layers;
  for (const auto& [key, name] : keys.attentions) {
    for (size_t i = 0; i < maps->layers.size(); ++i) {
      if (maps->layers[i].first == name) layers[{key, maps->layers[i].second}] = i;
    }
  }
  for (const Row& row : rows) {
    HeadMaps::Trial& trial = *trials.at(row.position);
    trial.of.resize(maps->statistics.size());
    HeadMaps::Values& values = trial.of[statistics[row.statistic]];
    if (values.empty()) values.assign(maps->cells(), std::nan(""));
    values[layers[{row.attention, row.layer}] * maps->heads + row.head] = row.value;
  }
}

}  // namespace

HeadMaps::Values HeadMaps::MeanOf(const std::string& arm, size_t statistic) const {
  Values sums(cells(), 0), counts(cells(), 0);
  bool any = false;
  for (const Trial& trial : trials) {
    if (trial.arm != arm || trial.state != "succeeded" || trial.of[statistic].empty()) continue;
    any = true;
    for (size_t i = 0; i < cells(); ++i) {
      if (!std::isnan(trial.of[statistic][i])) sums[i] += trial.of[statistic][i], counts[i] += 1;
    }
  }
  if (!any) return {};
  for (size_t i = 0; i < cells(); ++i) sums[i] = counts[i] > 0 ? sums[i] / counts[i] : std::nan("");
  return sums;
}

int HeadMaps::CountOf(const std::string& arm) const {
  return static_cast<int>(std::count_if(trials.begin(), trials.end(),
                                        [&](const Trial& trial) { return trial.arm == arm && trial.state == "succeeded"; }));
}

std::pair<double, double> HeadMaps::RangeOf(size_t statistic) const {
  double low = HUGE_VAL, high = -HUGE_VAL;
  for (const Trial& trial : trials) {
    for (const double value : trial.of[statistic]) {
      if (std::isfinite(value)) low = std::min(low, value), high = std::max(high, value);
    }
  }
  return low <= high ? std::pair(low, high) : std::pair(0.0, 1.0);
}

absl::StatusOr<HeadMaps> ReadHeadMaps(const Study& study) {
  HeadMaps maps;
  ASSIGN_OR_RETURN(const std::vector<Row> rows, ReadRows(study));
  Keys keys;
  ASSIGN_OR_RETURN(keys.attentions, Names(study, "SELECT attention, name FROM attention_kinds"));
  ASSIGN_OR_RETURN(keys.statistics, Names(study, "SELECT statistic, name FROM statistics"));
  LayOut(rows, keys, &maps);
  ASSIGN_OR_RETURN(const store::Table trials, study.Rows(kTrials));
  std::set<int64_t> with_rows;
  for (const Row& row : rows) with_rows.insert(row.position);
  maps.trials.reserve(with_rows.size());  // so that they stay where they are
  std::map<int64_t, HeadMaps::Trial*> by_position;
  for (const std::vector<store::Value>& row : trials.rows) {
    const int64_t position = std::get<int64_t>(row[0]);
    if (with_rows.count(position) == 0) continue;
    maps.trials.push_back({TextOf(row[1]), TextOf(row[2]), std::get<int64_t>(row[3]), {}});
    by_position[position] = &maps.trials.back();
  }
  FillIn(rows, keys, by_position, &maps);
  return maps;
}

}  // namespace ablate::analysis
