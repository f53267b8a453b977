#include "analysis/report/depth_figure.h"

#include <map>
#include <utility>

#include "absl/strings/str_join.h"
#include "analysis/report/analysed.h"
#include "analysis/report/html.h"
#include "fmt/format.h"
#include "lib/base/status_macros.h"

namespace ablate::analysis {
namespace {

constexpr char kLogged[] =
    "SELECT s.trial, l.attention, l.layer, l.statistic, l.value FROM last_snapshots s "
    "JOIN raw_layer_statistics l USING (snapshot)";
// Of statistics that training does not log.
constexpr char kAnalysedToo[] =
    " UNION ALL SELECT s.trial, l.attention, l.layer, l.statistic, l.value FROM analysed s "
    "JOIN evaluation_layer_statistics l USING (evaluation) "
    "WHERE l.statistic NOT IN (SELECT statistic FROM raw_layer_statistics)";
constexpr char kRows[] =
    "SELECT n.name AS statistic, et.arm, k.name AS attention, l.layer, COUNT(l.value) AS n, AVG(l.value) AS mean, "
    "MIN(l.value) AS lowest, MAX(l.value) AS highest FROM experiments e JOIN experiment_trials et USING (experiment) "
    "JOIN ({}) l USING (trial) "
    "JOIN attention_kinds k USING (attention) JOIN statistics n USING (statistic) "
    "WHERE e.name = :experiment AND et.state = 'succeeded' AND l.value IS NOT NULL "
    "GROUP BY n.name, et.arm_position, et.arm, k.name, l.layer ORDER BY n.name, et.arm_position, k.name, l.layer";

using Bands = std::map<std::string, std::map<std::string, Band>>;  // by statistic, by arm

Bands BandsOf(const store::Table& table) {
  Bands bands;
  for (const std::vector<store::Value>& row : table.rows) {
    Band& band = bands[TextOf(row[0])][TextOf(row[1])];
    band.name = TextOf(row[1]);
    band.x.push_back(fmt::format("{} layer {}", TextOf(row[2]), TextOf(row[3])));
    band.mean.push_back(NumberOf(row[5]));
    band.low.push_back(NumberOf(row[6]));
    band.high.push_back(NumberOf(row[7]));
  }
  return bands;
}

}  // namespace

absl::StatusOr<Section> AddDepth(const Study& study, const std::vector<std::string>& statistics, const std::string& id,
                                 const std::string& heading, const std::string& note, Section section) {
  ASSIGN_OR_RETURN(const bool analysed, HasAnalyses(study));
  const std::string rows = fmt::format(kRows, analysed ? std::string(kLogged) + kAnalysedToo : kLogged);
  ASSIGN_OR_RETURN(store::Table table, study.Rows((analysed ? kAnalysed : "") + rows));
  const Bands bands = BandsOf(table);
  Figure figure{id,
                "Statistics of layers from the input upwards: means over the seeds of each arm, bands from lowest to highest"};
  Picker picker{"Statistic", {}, {}};
  for (const std::string& statistic : statistics) {
    const auto found = bands.find(statistic);
    if (found == bands.end()) continue;
    ordered_json traces = ordered_json::array();
    for (const std::string& arm : study.Arms()) {
      const auto band = found->second.find(arm);
      if (band != found->second.end()) AppendBand(band->second, study.PlaceOf(arm), &traces);
    }
    figure.variants[fmt::format("{}", picker.options.size())] = {{"traces", std::move(traces)},
                                                                 {"layout", {{"yaxis", Axis(statistic)}}}};
    picker.options.push_back(statistic);
  }
  if (picker.options.empty()) return section;
  store::Table own{table.columns, {}};
  for (const std::vector<store::Value>& row : table.rows) {
    for (const std::string& option : picker.options) {
      if (TextOf(row[0]) == option) own.rows.push_back(row);
    }
  }
  figure.pickers = {std::move(picker), study.ArmsPicker()};
  figure.layout = {{"xaxis", {{"type", "category"}}}};
  if (!heading.empty()) section.html += fmt::format("<h3>{}</h3>\n", EscapeHtml(heading));
  AddFigure(std::move(figure), &section);
  section.html += Note(note) + Folded("The same as a table",
                                      HtmlTable(own, "Statistics of layers at the last evaluation, or in the last analysis",
                                                "analysis_layer_statistics"));
  return section;
}

}  // namespace ablate::analysis
