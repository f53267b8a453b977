// Learning curves: mean over the seeds of an arm, with the band between its lowest and highest seed.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "analysis/report/html.h"
#include "analysis/report/sections.h"
#include "fmt/format.h"
#include "lib/base/status_macros.h"

namespace ablate::analysis {
namespace {

constexpr size_t kMostPoints = 50000, kMostOfACurve = 200, kLeastOfACurve = 20;

struct Point {
  int64_t step, n;
  double mean, lowest, highest;
};
using CurvesOfArms = std::map<std::string, std::vector<Point>>;

absl::StatusOr<std::map<std::string, CurvesOfArms>> ReadCurves(const Study& study) {
  std::map<std::string, CurvesOfArms> curves;
  RETURN_IF_ERROR(study.reader->ForEachRow(
      "SELECT metric, arm, step, n, mean, lowest, highest FROM metric_curves WHERE experiment = :experiment "
      "ORDER BY metric, arm, step",
      {{"experiment", study.results.name}}, [&](const std::vector<std::string>&, const std::vector<store::Value>& row) {
        curves[TextOf(row[0])][TextOf(row[1])].push_back(
            {std::get<int64_t>(row[2]), std::get<int64_t>(row[3]), NumberOf(row[4]), NumberOf(row[5]), NumberOf(row[6])});
        return true;
      }));
  return curves;
}

// At most `most` points: every k-th, and the last one.
std::vector<Point> Thinned(const std::vector<Point>& points, size_t most) {
  const size_t every = points.size() <= most ? 1 : (points.size() - 1 + most - 2) / (most - 1);
  std::vector<Point> kept;
  for (size_t i = 0; i < points.size(); ++i) {
    if (i % every == 0 || i + 1 == points.size()) kept.push_back(points[i]);
  }
  return kept;
}

Band BandOf(const std::string& arm, const std::vector<Point>& points) {
  Band band{arm, ordered_json::array(), {}, {}, {}};
  const bool several = std::any_of(points.begin(), points.end(), [](const Point& point) { return point.n > 1; });
  for (const Point& point : points) {
    band.x.push_back(point.step);
    band.mean.push_back(point.mean);
    band.low.push_back(several ? point.lowest : std::nan(""));
    band.high.push_back(several ? point.highest : std::nan(""));
  }
  return band;
}

ordered_json Variant(const Study& study, const std::string& metric, const CurvesOfArms& curves, size_t most) {
  ordered_json traces = ordered_json::array();
  for (const std::string& arm : study.Arms()) {
    const auto curve = curves.find(arm);
    if (curve != curves.end()) AppendBand(BandOf(arm, Thinned(curve->second, most)), study.PlaceOf(arm), &traces);
  }
  return {{"traces", std::move(traces)}, {"layout", {{"yaxis", Axis(metric)}}}};
}

// The metric that counts first; but what has one point only comes after what has a curve.
std::vector<std::string> InOrder(const Study& study, const std::map<std::string, CurvesOfArms>& curves) {
  std::vector<std::string> metrics;
  for (const auto& [metric, of_arms] : curves) metrics.push_back(metric);
  std::stable_sort(metrics.begin(), metrics.end(), [&](const std::string& a, const std::string& b) {
    const auto place = [&](const std::string& metric) {
      const CurvesOfArms& of_arms = curves.at(metric);
      const bool curve = std::any_of(of_arms.begin(), of_arms.end(), [](const auto& arm) { return arm.second.size() > 1; });
      return curve ? (metric == study.results.metric ? 0 : metric == "train/loss" ? 1 : 2) : 3;
    };
    return place(a) < place(b);
  });
  return metrics;
}

// Beginning, extremes and end of each curve.
store::Table InNumbers(const Study& study, const std::map<std::string, CurvesOfArms>& curves) {
  store::Table table{
      {"metric", "arm", "seeds", "first step", "mean there", "last step", "mean there", "lowest mean", "highest mean"}, {}};
  for (const auto& [metric, of_arms] : curves) {
    for (const std::string& arm : study.Arms()) {
      const auto curve = of_arms.find(arm);
      if (curve == of_arms.end()) continue;
      const Point &first = curve->second.front(), &last = curve->second.back();
      const auto [low, high] = std::minmax_element(curve->second.begin(), curve->second.end(),
                                                   [](const Point& a, const Point& b) { return a.mean < b.mean; });
      table.rows.push_back({metric, arm, last.n, first.step, first.mean, last.step, last.mean, low->mean, high->mean});
    }
  }
  return table;
}

}  // namespace

absl::StatusOr<Section> CurvesSection(const Study& study) {
  Section section{"curves", "Learning curves", "", {}};
  ASSIGN_OR_RETURN(const auto curves, ReadCurves(study));
  if (curves.empty()) return section;
  size_t count = 0;
  for (const auto& [metric, of_arms] : curves) count += of_arms.size();
  const std::vector<std::string> metrics = InOrder(study, curves);
  const size_t most = std::clamp(kMostPoints / count, kLeastOfACurve, kMostOfACurve);
  Figure figure{"curves-plot",
                "A metric over the optimizer steps: the mean over the seeds of each arm, and a band from the "
                "lowest to the highest seed",
                460};
  figure.layout = {{"xaxis", Axis("step")}};
  figure.pickers = {{"Metric", metrics, {}}, study.ArmsPicker()};
  for (size_t i = 0; i < metrics.size(); ++i) {
    figure.variants[fmt::format("{}", i)] = Variant(study, metrics[i], curves.at(metrics[i]), most);
  }
  AddFigure(std::move(figure), &section);
  section.html +=
      Note(fmt::format("The band reaches from the lowest to the highest seed. Longer curves are thinned to every "
                       "k-th step and the last one, at most {} points.",
                       most));
  section.html +=
      Folded("The curves in numbers", HtmlTable(InNumbers(study, curves), "Curves: means over the seeds", "metric_curves"));
  return section;
}

}  // namespace ablate::analysis
