// Quality against what it costs: density and time.
#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "analysis/report/html.h"
#include "analysis/report/sections.h"
#include "fmt/format.h"
#include "lib/base/status_macros.h"

namespace ablate::analysis {
namespace {

// Columns of the query pareto_front.
enum Column { kArm, kN, kQuality, kDensity, kSeconds, kOnDensityFront, kOnTimeFront };

struct Point {
  std::string arm;
  double cost, quality;
  bool front;
};

ordered_json Trace(const std::string& name, const std::vector<Point>& points, bool front) {
  ordered_json x = ordered_json::array(), y = ordered_json::array(), text = ordered_json::array(),
               sides = ordered_json::array();
  // Names go inwards, where they meet no axis.
  const double middle = (points.front().cost + points.back().cost) / 2;
  const auto [lowest, highest] =
      std::minmax_element(points.begin(), points.end(), [](const Point& a, const Point& b) { return a.quality < b.quality; });
  const double level = (lowest->quality + highest->quality) / 2;
  for (const Point& point : points) {
    if (point.front != front) continue;
    x.push_back(Rounded(point.cost));
    y.push_back(Rounded(point.quality));
    text.push_back(PlotText(point.arm));
    sides.push_back(fmt::format("{} {}", point.quality < level ? "top" : "bottom", point.cost < middle ? "right" : "left"));
  }
  ordered_json trace = {{"type", "scatter"},
                        {"mode", "markers"},
                        {"name", name},
                        {"x", std::move(x)},
                        {"y", std::move(y)},
                        {"text", std::move(text)},
                        {"marker", {{"size", 9}, {"color", "#888888"}}}};
  if (!front) return trace;
  trace.update({{"mode", "lines+markers+text"}, {"textposition", std::move(sides)}, {"line", LineOf(0)}});
  trace["marker"]["color"] = ColorOf(0);
  return trace;
}

void AddFront(const Study& study, const store::Table& arms, Column cost, Column front, const std::string& what,
              Section* section) {
  std::vector<Point> points;
  for (const std::vector<store::Value>& row : arms.rows) {
    const double value = NumberOf(row[cost]);
    if (std::isnan(value)) continue;
    points.push_back({TextOf(row[kArm]), value, NumberOf(row[kQuality]), NumberOf(row[front]) == 1});
  }
  if (points.size() < 2) return;
  std::sort(points.begin(), points.end(), [](const Point& a, const Point& b) { return a.cost < b.cost; });
  Figure figure{fmt::format("cost-{}", section->figures.size()),
                fmt::format("{} of each arm against {}; the arms on the front are joined", study.results.metric, what)};
  figure.traces = {Trace("on the front", points, true), Trace("other arms", points, false)};
  figure.layout = {{"xaxis", Axis(what)}, {"yaxis", Axis(study.results.metric)}};
  AddFigure(std::move(figure), section);
}

}  // namespace

absl::StatusOr<Section> CostSection(const Study& study) {
  Section section{"cost", "Quality and its price", "", {}};
  ASSIGN_OR_RETURN(const store::Table arms, study.NamedRows("pareto_front"));
  AddFront(study, arms, kDensity, kOnDensityFront, "density: share of query-key pairs in the support", &section);
  AddFront(study, arms, kSeconds, kOnTimeFront, "seconds per trial", &section);
  if (section.figures.empty()) return section;
  section.html += Folded("The same as a table", HtmlTable(arms, "Arms by quality; 1: on the front", "pareto_front"));
  section.html += Note(
      "An arm is on a front if no other is at least as good in both and better in one. Of means: arms that tie in quality "
      "change places with other seeds. Trials of one array share its seconds, so times are comparable only between launches "
      "of single trials.");
  return section;
}

}  // namespace ablate::analysis
