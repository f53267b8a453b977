// What attention knows of syntax, which `ablate analyze --dependencies` found out.
#include <map>
#include <utility>
#include <vector>

#include "analysis/report/analysed.h"
#include "analysis/report/html.h"
#include "analysis/report/sections.h"
#include "fmt/format.h"
#include "lib/base/status_macros.h"

namespace ablate::analysis {
namespace {

constexpr char kDistances[] =
    "SELECT d.method, a.arm, d.distance, COUNT(*) AS n, AVG(d.pairs) AS pairs, AVG(d.mean) AS mean, "
    "AVG(d.by_offset) AS by_offset, AVG(d.random) AS random, AVG(d.mean) / AVG(d.by_offset) AS ratio "
    "FROM analyses a JOIN attribution_by_distance d USING (evaluation_id) WHERE a.experiment = :experiment "
    "GROUP BY d.method, a.arm, d.distance HAVING AVG(d.pairs) >= 20 ORDER BY d.method, a.arm, d.distance";

// Of each arm and relation the head that is best over its trials.
constexpr char kHeads[] =
    "SELECT arm, relation, direction, pairs, layer, head, MAX(accuracy) AS accuracy, best_offset, best_offset_accuracy, "
    "MAX(accuracy) - best_offset_accuracy AS gain FROM ("
    "SELECT a.arm, r.relation, r.direction, AVG(r.pairs) AS pairs, r.layer, r.head, AVG(r.accuracy) AS accuracy, "
    "MAX(r.best_offset) AS best_offset, AVG(r.best_offset_accuracy) AS best_offset_accuracy "
    "FROM analyses a JOIN relation_accuracy r USING (evaluation_id) WHERE a.experiment = :experiment AND r.pairs >= 20 "
    "GROUP BY a.arm, r.relation, r.direction, r.attention, r.layer, r.head) "
    "GROUP BY arm, relation, direction ORDER BY gain DESC, arm LIMIT 400";

struct Line {
  ordered_json x = ordered_json::array(), share = ordered_json::array(), ratio = ordered_json::array();
};
using Lines = std::map<std::string, std::map<std::string, Line>>;  // by method, by arm

Lines LinesOf(const store::Table& table) {
  Lines lines;
  for (const std::vector<store::Value>& row : table.rows) {
    Line& line = lines[TextOf(row[0])][TextOf(row[1])];
    line.x.push_back(std::get<int64_t>(row[2]));
    line.share.push_back(Rounded(NumberOf(row[5])));
    line.ratio.push_back(Rounded(NumberOf(row[8])));
  }
  return lines;
}

ordered_json Trace(const std::string& arm, size_t place, const ordered_json& x, const ordered_json& y) {
  return {{"type", "scatter"},
          {"mode", "lines+markers"},
          {"name", PlotText(arm)},
          {"legendgroup", PlotText(arm)},
          {"x", x},
          {"y", y},
          {"line", LineOf(place)}};
}

absl::Status AddDistances(const Study& study, Section* section) {
  ASSIGN_OR_RETURN(const store::Table table, study.Rows(kDistances));
  const Lines lines = LinesOf(table);
  if (lines.empty()) return absl::OkStatus();
  Figure figure{"syntax-plot", "Attribution between words by their distance in the dependency tree, a line for each arm"};
  Picker methods{"Attribution", {}, {}};
  for (const auto& [method, arms] : lines) {
    ordered_json ratios = ordered_json::array(), shares = ordered_json::array();
    for (const std::string& arm : study.Arms()) {
      const auto found = arms.find(arm);
      if (found == arms.end()) continue;
      ratios.push_back(Trace(arm, study.PlaceOf(arm), found->second.x, found->second.ratio));
      shares.push_back(Trace(arm, study.PlaceOf(arm), found->second.x, found->second.share));
    }
    const size_t place = methods.options.size();
    figure.variants[fmt::format("{}/0", place)] = {{"traces", std::move(ratios)},
                                                   {"layout", {{"yaxis", Axis("share / share by offset alone")}}}};
    figure.variants[fmt::format("{}/1", place)] = {{"traces", std::move(shares)},
                                                   {"layout", {{"yaxis", Axis("share of a word's attribution")}}}};
    methods.options.push_back(method);
  }
  figure.layout = {{"xaxis", Axis("edges in the dependency tree")}};
  figure.pickers = {std::move(methods), {"Shown", {"over what the words' places give", "shares"}, {}}, study.ArmsPicker()};
  section->html += "<h3>Attribution by distance in the tree</h3>\n";
  AddFigure(std::move(figure), section);
  section->html += Note(
      "Near words in the tree are near in the sentence too, so shares fall with distance whatever a model knows. A ratio above "
      "1 "
      "at distance 1 that falls below 1 says that attribution follows the tree beyond what the words' places explain. "
      "Distances "
      "with fewer than 20 pairs are left out.");
  section->html += Folded("The same as a table", HtmlTable(table, "Means over the trials of an arm", "syntax_by_distance"));
  return absl::OkStatus();
}

absl::Status AddHeads(const Study& study, Section* section) {
  ASSIGN_OR_RETURN(const store::Table table, study.Rows(kHeads));
  if (table.rows.empty()) return absl::OkStatus();
  section->html += "<h3>Heads that find relations</h3>\n" +
                   HtmlTable(table, "Of each arm and relation the head that finds it most often", "syntactic_heads");
  section->html += Note(
      "accuracy: share of pairs whose strongest key is the other end of the relation, a mean over the seeds; "
      "best_offset_accuracy: "
      "that of always looking so many words away. The best of many heads is partly luck: believe a large gain.");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Section> SyntaxSection(const Study& study) {
  Section section{"syntax", "Syntax", "", {}};
  ASSIGN_OR_RETURN(const bool analysed, HasAnalyses(study));
  if (!analysed) return section;
  RETURN_IF_ERROR(AddDistances(study, &section));
  RETURN_IF_ERROR(AddHeads(study, &section));
  return section;
}

}  // namespace ablate::analysis
