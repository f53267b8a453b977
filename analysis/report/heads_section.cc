// Heat maps of layers × heads, and how alpha moves where it is learned.
#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "analysis/report/head_maps.h"
#include "analysis/report/html.h"
#include "analysis/report/sections.h"
#include "fmt/format.h"
#include "lib/base/status_macros.h"

namespace ablate::analysis {
namespace {

constexpr size_t kMostNumbers = 600000;

bool OneKind(const HeadMaps& maps) {
  return std::all_of(maps.layers.begin(), maps.layers.end(),
                     [&](const HeadMaps::Layer& layer) { return layer.first == maps.layers[0].first; });
}

ordered_json Variant(const HeadMaps& maps, const HeadMaps::Values& values, const std::pair<double, double>& range) {
  ordered_json z = ordered_json::array();
  for (size_t layer = 0; layer < maps.layers.size(); ++layer) {
    ordered_json row = ordered_json::array();
    for (size_t head = 0; head < maps.heads; ++head) row.push_back(Rounded(values[layer * maps.heads + head], 3));
    z.push_back(std::move(row));
  }
  ordered_json trace = {{"z", std::move(z)}, {"zmin", Rounded(range.first)}, {"zmax", Rounded(range.second)}};
  return {{"traces", ordered_json::array({std::move(trace)})}};
}

ordered_json HeatMap(const HeadMaps& maps) {
  ordered_json x = ordered_json::array(), y = ordered_json::array();
  for (size_t head = 0; head < maps.heads; ++head) x.push_back(fmt::format("head {}", head));
  for (const auto& [attention, layer] : maps.layers) {
    y.push_back(OneKind(maps) ? fmt::format("layer {}", layer) : fmt::format("{} {}", attention, layer));
  }
  return {{"type", "heatmap"},           {"colorscale", "Viridis"}, {"x", std::move(x)}, {"y", std::move(y)},
          {"texttemplate", "%{z:.3~g}"}, {"hoverongaps", false},    {"xgap", 1},         {"ygap", 1}};
}

// A statistic's colours reach from 0, if it is a share or a count, or from the smallest value to the largest in the experiment.
std::pair<double, double> ColorRange(const HeadMaps& maps, size_t statistic) {
  auto [low, high] = maps.RangeOf(statistic);
  if (low >= 0 && maps.statistics[statistic] != "alpha") low = 0;
  if (low == high) low -= 1;
  return {low, high};
}

// Options: arms with statistics, then trials. Statistics of arms first, then of as many trials as fit. Returns the statistics
// that trials have.
std::vector<std::string> AddMaps(const Study& study, const HeadMaps& maps, Figure* figure) {
  Picker of{"Of", {}, {}};
  std::vector<std::string> arms, of_trials;
  for (const std::string& arm : study.Arms()) {
    const int count = maps.CountOf(arm);
    if (count == 0) continue;
    arms.push_back(arm);
    of.options.push_back(fmt::format("{}, mean of {} seed{}", arm, count, count == 1 ? "" : "s"));
  }
  for (const HeadMaps::Trial& trial : maps.trials) {
    of.options.push_back(
        fmt::format("{}, seed {}{}", trial.arm, trial.seed, trial.state == "succeeded" ? "" : ", " + trial.state));
  }
  size_t numbers = arms.size() * maps.statistics.size() * maps.cells();
  for (size_t s = 0; s < maps.statistics.size(); ++s) {
    const std::pair<double, double> range = ColorRange(maps, s);
    const auto add = [&](size_t option, const HeadMaps::Values& values) {
      if (!values.empty()) figure->variants[fmt::format("{}/{}", option, s)] = Variant(maps, values, range);
    };
    for (size_t i = 0; i < arms.size(); ++i) add(i, maps.MeanOf(arms[i], s));
    numbers += maps.trials.size() * maps.cells();
    if (numbers > kMostNumbers) continue;
    of_trials.push_back(maps.statistics[s]);
    for (size_t i = 0; i < maps.trials.size(); ++i) add(arms.size() + i, maps.trials[i].of[s]);
  }
  figure->pickers = {std::move(of), {"Statistic", maps.statistics, {}}};
  return of_trials;
}

struct Line {
  ordered_json x = ordered_json::array(), y = ordered_json::array();
};
using Head = std::pair<std::string, int64_t>;  // "encoder layer 0", head

// A line per head, coloured by layer: what is the same for every arm.
ordered_json HeadLines(const std::set<Head>& heads) {
  ordered_json traces = ordered_json::array();
  std::map<std::string, size_t> layers;
  for (const auto& [layer, head] : heads) {
    const bool first = layers.emplace(layer, layers.size()).second;
    traces.push_back({{"type", "scatter"},
                      {"mode", "lines+markers"},
                      {"name", layer},
                      {"legendgroup", layer},
                      {"showlegend", first},
                      {"text", fmt::format("{}, head {}", layer, head)},
                      {"line", LineOf(layers.at(layer))},
                      {"marker", {{"size", 4}}}});
  }
  return traces;
}

absl::Status AddAlphas(const Study& study, Section* section) {
  ASSIGN_OR_RETURN(const store::Table rows,
                   study.Rows("SELECT arm, attention, layer, head, step, alpha FROM alpha_trajectories "
                              "WHERE experiment = :experiment ORDER BY attention, layer, head, step"));
  if (rows.rows.empty()) return absl::OkStatus();
  std::map<std::string, std::map<Head, Line>> arms;
  std::set<Head> heads;
  for (const std::vector<store::Value>& row : rows.rows) {
    const Head head = {fmt::format("{} layer {}", TextOf(row[1]), TextOf(row[2])), std::get<int64_t>(row[3])};
    heads.insert(head);
    Line& line = arms[TextOf(row[0])][head];
    line.x.push_back(std::get<int64_t>(row[4]));
    line.y.push_back(Rounded(NumberOf(row[5])));
  }
  Figure figure{"alpha-plot", "Learned alpha of each head over the optimizer steps, as means over the seeds of an arm", 400};
  figure.layout = {{"xaxis", Axis("step")}, {"yaxis", Axis("alpha: 1 is softmax, 2 sparsemax")}};
  figure.traces = HeadLines(heads);
  Picker picker{"Arm", {}, {}};
  for (const std::string& arm : study.Arms()) {
    const auto found = arms.find(arm);
    if (found == arms.end()) continue;
    ordered_json traces = ordered_json::array();
    for (const Head& head : heads) {
      const Line& line = found->second[head];
      traces.push_back({{"x", line.x}, {"y", line.y}});
    }
    figure.variants[fmt::format("{}", picker.options.size())] = {{"traces", std::move(traces)}};
    picker.options.push_back(arm);
  }
  figure.pickers = {std::move(picker)};
  section->html += "<h3>How alpha moves</h3>\n";
  AddFigure(std::move(figure), section);
  ASSIGN_OR_RETURN(const store::Table last, study.NamedRows("alpha_by_head"));
  section->html +=
      Folded("The last values in a table", HtmlTable(last, "Alpha of each head at the last evaluation", "alpha_by_head"));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Section> HeadsSection(const Study& study) {
  Section section{"heads", "Heads", "", {}};
  ASSIGN_OR_RETURN(const HeadMaps maps, ReadHeadMaps(study));
  if (maps.trials.empty()) return section;
  Figure figure{"heads-plot", "Heat map of layers and heads at the last evaluation",
                static_cast<int>(140 + 36 * maps.layers.size())};
  figure.tabulated = true;
  figure.traces.push_back(HeatMap(maps));
  figure.layout = {{"xaxis", {{"type", "category"}}}, {"yaxis", {{"type", "category"}}}};
  const std::vector<std::string> of_trials = AddMaps(study, maps, &figure);
  AddFigure(std::move(figure), &section);
  section.html += Note(
      "Layer 0 is nearest the input. A colour means the same value whatever arm or trial is picked. density: share of valid "
      "query-key pairs in the support; entropy in nats. All statistics, with definitions: ablate list statistics.");
  if (of_trials.size() < maps.statistics.size()) {
    section.html +=
        Note(fmt::format("To keep this page small it holds, of single trials, {}; of arms all. The others: ablate "
                         "query head_statistics.",
                         of_trials.empty() ? "no statistic" : absl::StrJoin(of_trials, ", ")));
  }
  ASSIGN_OR_RETURN(const store::Table layers, study.NamedRows("density_by_layer"));
  section.html += Folded("Density by layer, in a table",
                         HtmlTable(layers, "Density of each layer: mean, sparsest and densest head", "density_by_layer"));
  RETURN_IF_ERROR(AddAlphas(study, &section));
  return section;
}

}  // namespace ablate::analysis
