#include "analysis/report/arm_traces.h"

#include <utility>

#include "fmt/format.h"

namespace ablate::analysis {
namespace {

ordered_json Means(const std::vector<ArmValues>& arms) {
  ordered_json x = ordered_json::array(), y = ordered_json::array();
  std::vector<Estimate> means;
  for (const ArmValues& arm : arms) {
    means.push_back(Mean(arm.values));
    x.push_back(Rounded(means.back().mean));
    y.push_back(PlotText(arm.arm));
  }
  return {{"type", "scatter"},
          {"mode", "markers"},
          {"name", "mean, 95 % interval"},
          {"x", std::move(x)},
          {"y", std::move(y)},
          {"error_x", ErrorBars(means)},
          {"marker", {{"size", 9}, {"color", ColorOf(0)}}}};
}

ordered_json Seeds(const std::vector<ArmValues>& arms) {
  ordered_json x = ordered_json::array(), y = ordered_json::array(), text = ordered_json::array();
  for (const ArmValues& arm : arms) {
    for (const auto& [seed, value] : arm.values) {
      x.push_back(Rounded(value));
      y.push_back(PlotText(arm.arm));
      text.push_back(fmt::format("seed {}", seed));
    }
  }
  return {{"type", "scatter"},
          {"mode", "markers"},
          {"name", "single seeds"},
          {"x", std::move(x)},
          {"y", std::move(y)},
          {"text", std::move(text)},
          {"marker", SeedMarker("line-ns-open")}};
}

}  // namespace

ordered_json ArmTraces(const std::vector<ArmValues>& arms) { return ordered_json::array({Means(arms), Seeds(arms)}); }

int ArmsHeight(size_t arms) { return static_cast<int>(150 + 28 * arms); }

ordered_json ArmsLayout(const std::string& metric) {
  return {{"xaxis", Axis(metric)}, {"yaxis", {{"type", "category"}, {"autorange", "reversed"}}}};
}

}  // namespace ablate::analysis
