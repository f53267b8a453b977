// Degrees, and how far attention reaches: in training, and from layer to layer.
#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "analysis/report/depth_figure.h"
#include "analysis/report/html.h"
#include "analysis/report/sections.h"
#include "fmt/format.h"
#include "lib/base/status_macros.h"

namespace ablate::analysis {
namespace {

constexpr int64_t kMostBins = 64;

using Counts = std::map<int64_t, int64_t>;          // by degree
using Layers = std::map<std::string, Counts>;       // "encoder layer 0"
using Directions = std::map<std::string, Layers>;   // "out", "in"
using Degrees = std::map<std::string, Directions>;  // by arm

absl::StatusOr<Degrees> ReadDegrees(const Study& study) {
  ASSIGN_OR_RETURN(const store::Table rows,
                   study.Rows("SELECT et.arm, k.name, d.layer, d.direction, d.degree, SUM(d.count) FROM experiments e "
                              "JOIN experiment_trials et USING (experiment) JOIN last_snapshots l USING (trial) "
                              "JOIN raw_degrees d USING (snapshot) JOIN attention_kinds k USING (attention) "
                              "WHERE e.name = :experiment GROUP BY 1, 2, 3, 4, 5"));
  Degrees degrees;
  for (const std::vector<store::Value>& row : rows.rows) {
    const std::string layer = fmt::format("{} layer {}", TextOf(row[1]), TextOf(row[2]));
    degrees[TextOf(row[0])][TextOf(row[3])][layer][std::get<int64_t>(row[4])] = std::get<int64_t>(row[5]);
  }
  return degrees;
}

// Shares of degrees, in bins of `width`.
ordered_json Distribution(const std::string& layer, const Counts& counts, int64_t width, size_t style) {
  Counts bins;
  double total = 0;
  for (const auto& [degree, count] : counts) bins[degree / width * width] += count, total += static_cast<double>(count);
  ordered_json x = ordered_json::array(), y = ordered_json::array();
  for (const auto& [degree, count] : bins) {
    x.push_back(degree);
    y.push_back(Rounded(static_cast<double>(count) / total));
  }
  return {{"type", "scatter"}, {"mode", "lines+markers"}, {"name", layer},          {"x", std::move(x)},
          {"y", std::move(y)}, {"line", LineOf(style)},   {"marker", {{"size", 5}}}};
}

ordered_json DegreeVariant(const Layers& layers, const std::string& direction) {
  int64_t highest = 0;
  for (const auto& [layer, counts] : layers) highest = std::max(highest, counts.rbegin()->first);
  const int64_t width = highest / kMostBins + 1;
  ordered_json traces = ordered_json::array();
  for (const auto& [layer, counts] : layers) traces.push_back(Distribution(layer, counts, width, traces.size()));
  const std::string what = direction == "out" ? "keys that a query attends" : "queries that attend a key";
  const std::string bins = width == 1 ? "" : fmt::format(", in bins of {} from", width);
  return {{"traces", std::move(traces)}, {"layout", {{"xaxis", Axis(what + bins)}}}};
}

absl::Status AddDegrees(const Study& study, Section* section) {
  ASSIGN_OR_RETURN(const Degrees degrees, ReadDegrees(study));
  if (degrees.empty()) return absl::OkStatus();
  Figure figure{"degrees-plot",
                "Distribution of the degrees of queries or keys in each layer, over the heads and seeds of an arm"};
  Picker arms{"Arm", {}, {}};
  for (const std::string& arm : study.Arms()) {
    const auto found = degrees.find(arm);
    if (found == degrees.end()) continue;
    int direction = 0;
    for (const char* name : {"out", "in"}) {
      const auto layers = found->second.find(name);
      const std::string key = fmt::format("{}/{}", arms.options.size(), direction++);
      if (layers != found->second.end()) figure.variants[key] = DegreeVariant(layers->second, name);
    }
    arms.options.push_back(arm);
  }
  figure.pickers = {std::move(arms), {"Degree of", {"queries: keys that each attends", "keys: queries that attend each"}, {}}};
  figure.layout = {{"yaxis", Axis("share")}};
  figure.layout["yaxis"]["rangemode"] = "tozero";
  section->html += "<h3>Degrees</h3>\n";
  AddFigure(std::move(figure), section);
  section->html += Note(
      "A single spike says that every query attends as many keys as any other. A long tail of keys says that nearly all "
      "queries attend a few keys. Degree 0 of a key: nothing attends it.");
  ASSIGN_OR_RETURN(const store::Table rows,
                   study.Rows("SELECT arm, attention, layer, direction, n, mean_degree, lowest_degree, highest_degree, "
                              "zero_share, k, k_regular_share FROM receptive_fields WHERE experiment = :experiment"));
  section->html += Folded("Degrees in a table",
                          HtmlTable(rows, "Degrees by arm and layer; out: of queries, in: of keys", "receptive_fields"));
  return absl::OkStatus();
}

struct Line {
  ordered_json x = ordered_json::array(), y = ordered_json::array();
};

absl::Status AddGrowth(const Study& study, Section* section) {
  ASSIGN_OR_RETURN(const store::Table rows,
                   study.Rows("SELECT arm, attention, layer, step, attended, most_attended, most_attending, never_attended "
                              "FROM receptive_field_growth WHERE experiment = :experiment"));
  std::map<std::string, std::map<std::string, Line>> arms;
  for (const std::vector<store::Value>& row : rows.rows) {
    Line& line = arms[TextOf(row[0])][fmt::format("{} layer {}", TextOf(row[1]), TextOf(row[2]))];
    line.x.push_back(std::get<int64_t>(row[3]));
    line.y.push_back(Rounded(NumberOf(row[4])));
  }
  if (arms.empty()) return absl::OkStatus();
  Figure figure{"growth-plot", "Mean number of keys that a query attends, by layer, over the optimizer steps"};
  figure.layout = {{"xaxis", Axis("step")}, {"yaxis", Axis("keys per query")}};
  figure.layout["yaxis"]["rangemode"] = "tozero";
  Picker picker{"Arm", {}, {}};
  for (const std::string& arm : study.Arms()) {
    const auto found = arms.find(arm);
    if (found == arms.end()) continue;
    ordered_json traces = ordered_json::array();
    for (const auto& [layer, line] : found->second) {
      traces.push_back({{"type", "scatter"},
                        {"mode", "lines+markers"},
                        {"name", layer},
                        {"x", line.x},
                        {"y", line.y},
                        {"line", LineOf(traces.size())}});
    }
    figure.variants[fmt::format("{}", picker.options.size())] = {{"traces", std::move(traces)}};
    picker.options.push_back(arm);
  }
  figure.pickers = {std::move(picker)};
  section->html += "<h3>Growth in training</h3>\n";
  AddFigure(std::move(figure), section);
  section->html +=
      Folded("Growth in a table", HtmlTable(rows, "How far each layer reaches at each evaluation", "receptive_field_growth"));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Section> ReceptiveFieldsSection(const Study& study) {
  Section section{"receptive-fields", "Receptive fields", "", {}};
  RETURN_IF_ERROR(AddDegrees(study, &section));
  RETURN_IF_ERROR(AddGrowth(study, &section));
  const std::string depth = "Reach from layer to layer";
  return AddDepth(study, {"reach", "effective_receptive_field", "reached_all", "layer_spectral_gap"}, "reach-plot", depth,
                  "reach: share of pairs of tokens joined by a path through the supports of the layers up to here. "
                  "effective_receptive_field: tokens that the attention rollout up to here spreads over. layer_spectral_gap: 0 "
                  "where the layer's graph falls apart.",
                  std::move(section));
}

absl::StatusOr<Section> DiversitySection(const Study& study) {
  return AddDepth(study, {"js_diversity", "js_share", "js_pairwise"}, "diversity-plot", "",
                  "How much the heads of a layer differ: Jensen-Shannon divergence of their probabilities, in nats; 0: all "
                  "heads attend alike. js_share: of the most that so many heads could differ.",
                  Section{"diversity", "Diversity of heads", "", {}});
}

}  // namespace ablate::analysis
