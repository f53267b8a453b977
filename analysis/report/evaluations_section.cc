// What trials reach on second sets, which `ablate evaluate` made.
#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "analysis/estimate_text.h"
#include "analysis/report/arm_traces.h"
#include "analysis/report/html.h"
#include "analysis/report/sections.h"
#include "fmt/format.h"
#include "lib/base/status_macros.h"

namespace ablate::analysis {
namespace {

using Key = std::pair<std::string, std::string>;               // set, metric
using Results = std::map<Key, std::map<std::string, BySeed>>;  // by arm

// Empty too for a database that was last written before there were such sets.
absl::StatusOr<Results> ReadResults(const Study& study) {
  ASSIGN_OR_RETURN(const store::Table view,
                   study.reader->Query("SELECT name FROM sqlite_schema WHERE name = 'evaluation_results'"));
  if (view.rows.empty()) return Results();
  ASSIGN_OR_RETURN(const store::Table rows, study.Rows("SELECT evaluation, metric, arm, seed, value FROM evaluation_results "
                                                       "WHERE experiment = :experiment AND value IS NOT NULL"));
  Results results;
  for (const std::vector<store::Value>& row : rows.rows) {
    results[{TextOf(row[0]), TextOf(row[1])}][TextOf(row[2])][std::get<int64_t>(row[3])] = NumberOf(row[4]);
  }
  return results;
}

std::vector<ArmValues> InOrder(const Study& study, const std::map<std::string, BySeed>& of_arms) {
  std::vector<ArmValues> arms;
  for (const std::string& arm : study.Arms()) {
    if (const auto found = of_arms.find(arm); found != of_arms.end()) arms.push_back({arm, found->second});
  }
  return arms;
}

// Means, and paired differences to the arm that the leaderboard has first, where it was evaluated too.
void AppendRows(const Study& study, const Key& key, const std::vector<ArmValues>& arms, store::Table* table) {
  std::vector<Estimate> means;
  for (const ArmValues& arm : arms) means.push_back(Mean(arm.values));
  const int decimals = DecimalsFor(means);
  for (size_t i = 0; i < arms.size(); ++i) {
    const bool paired = i > 0 && study.PlaceOf(arms[0].arm) == 0;
    const std::string difference = paired ? WithInterval(PairedDifference(arms[i].values, arms[0].values), decimals, true) : "";
    table->rows.push_back({key.first, key.second, arms[i].arm, int64_t{means[i].n}, WithInterval(means[i], decimals),
                           difference.empty() ? store::Value() : store::Value(difference)});
  }
}

}  // namespace

absl::StatusOr<Section> EvaluationsSection(const Study& study) {
  Section section{"evaluations", "Second sets", "", {}};
  ASSIGN_OR_RETURN(const Results results, ReadResults(study));
  if (results.empty()) return section;
  Figure figure{"evaluations-plot", "A metric of each arm on a second set: means with 95 % intervals, and the single seeds"};
  Picker picker{"Set and metric", {}, {}};
  store::Table table{{"set", "metric", "arm", "n", "mean", "to the leaderboard's best"}, {}};
  size_t most = 0;
  for (const auto& [key, of_arms] : results) {
    std::vector<ArmValues> arms = InOrder(study, of_arms);
    AppendRows(study, key, arms, &table);
    if (arms.size() > kMostArmsDrawn) arms.resize(kMostArmsDrawn);
    most = std::max(most, arms.size());
    figure.variants[fmt::format("{}", picker.options.size())] = {{"traces", ArmTraces(arms)},
                                                                 {"layout", {{"xaxis", Axis(key.second)}}}};
    picker.options.push_back(fmt::format("{}: {}", key.first, key.second));
  }
  figure.height = ArmsHeight(most);
  figure.layout = ArmsLayout("");
  figure.pickers = {std::move(picker)};
  AddFigure(std::move(figure), &section);
  section.html +=
      HtmlTable(table, "Means over the seeds, and paired differences; mean±half of the 95 % t interval", "evaluation_results");
  section.html += Note(
      "Arms are in the leaderboard's order, so one that is out of order here does better or worse on this set "
      "than on its own. No correction for the number of comparisons. Example by example: ablate query "
      "paired_errors.");
  return section;
}

}  // namespace ablate::analysis
