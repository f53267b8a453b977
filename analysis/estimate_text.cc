#include "analysis/estimate_text.h"

#include <algorithm>
#include <cmath>

#include "analysis/terminal_text.h"
#include "fmt/format.h"

namespace ablate::analysis {

int DecimalsFor(const std::vector<Estimate>& estimates) {
  constexpr int kMostDecimals = 6;
  std::vector<double> half_widths;
  double largest = 0;
  for (const Estimate& estimate : estimates) {
    if (std::isfinite(estimate.half_width) && estimate.half_width > 0) half_widths.push_back(estimate.half_width);
    if (std::isfinite(estimate.mean)) largest = std::max(largest, std::abs(estimate.mean));
  }
  std::sort(half_widths.begin(), half_widths.end());
  const bool intervals = !half_widths.empty();
  const double scale = intervals ? half_widths[half_widths.size() / 2] : largest;
  if (scale == 0) return 1;
  return std::clamp((intervals ? 1 : 3) - static_cast<int>(std::floor(std::log10(scale))), 0, kMostDecimals);
}

std::string WithInterval(const Estimate& estimate, int decimals, bool sign) {
  if (estimate.n == 0) return "";
  const std::string mean = fmt::format(sign ? "{:+.{}f}" : "{:.{}f}", estimate.mean, decimals);
  if (!std::isfinite(estimate.half_width)) return mean;
  return fmt::format("{}±{:.{}f}", mean, estimate.half_width, decimals);
}

const char* Stars(double p) { return p < 0.001 ? "***" : p < 0.01 ? "**" : p < 0.05 ? "*" : ""; }

store::Value DifferenceText(const Difference& difference, int decimals, const std::string& same) {
  if (difference.comparison == Comparison::kSame) return same;
  if (difference.estimate.n == 0) return {};
  const std::string text = WithInterval(difference.estimate, decimals, true);
  const bool differs = difference.comparison == Comparison::kBetter || difference.comparison == Comparison::kWorse;
  if (differs) return fmt::format("{}{}", text, Stars(difference.holm_p));
  return fmt::format("{} {}", ComparisonName(difference.comparison), text);
}

store::Value Finite(double value) { return std::isfinite(value) ? store::Value(value) : store::Value(); }

store::Value MeanOrNull(const Estimate& estimate) { return estimate.n > 0 ? Finite(estimate.mean) : store::Value(); }

std::string Plural(int count, const std::string& noun) { return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s"); }

std::string Wrapped(const std::string& text, int width) {
  std::string wrapped;
  for (const std::string& line : WrapText(EscapeControls(text), width)) wrapped += line + "\n";
  return wrapped;
}

}  // namespace ablate::analysis
