#include "analysis/number_column.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "fmt/format.h"
#include "lib/base/text.h"

namespace ablate::analysis {
namespace {

constexpr int kSignificantDigits = 4;
constexpr int kMostDecimals = 9;  // a column whose largest value is smaller than this shows has exponents throughout
constexpr double kLargestFixed = 1e15;

// Decimals of the shortest text that reads back as the value: 2 for 0.25, 5 for 2e-05.
int DecimalsOf(double value) {
  const std::string text = ShortestNumber(value);
  const size_t exponent_at = std::min(text.find('e'), text.size());
  const size_t point = text.find('.');
  const int decimals = point < exponent_at ? static_cast<int>(exponent_at - point) - 1 : 0;
  const int exponent = exponent_at < text.size() ? std::atoi(text.c_str() + exponent_at + 1) : 0;
  return std::max(decimals - exponent, 0);
}

}  // namespace

void NumberColumn::Add(double value) {
  if (!std::isfinite(value)) return;
  largest_ = std::max(largest_, std::abs(value));
  decimals_needed_ = std::max(decimals_needed_, DecimalsOf(value));
}

int NumberColumn::Decimals() const {
  if (largest_ == 0) return 0;
  const int significant = kSignificantDigits - 1 - static_cast<int>(std::floor(std::log10(largest_)));
  return std::max(std::min(significant, decimals_needed_), 0);
}

std::string NumberColumn::Text(double value) const {
  if (!std::isfinite(value)) return ShortestNumber(value);
  if (value == 0) value = 0;  // no "-0.00"
  const int decimals = Decimals();
  if (decimals > kMostDecimals || std::abs(value) >= kLargestFixed) return fmt::format("{:.{}g}", value, kSignificantDigits);
  const bool exact = DecimalsOf(value) <= decimals;
  if (!exact && std::abs(value) < std::pow(10.0, 1 - decimals)) return fmt::format("{:.2g}", value);
  return fmt::format("{:.{}f}", value, decimals);
}

}  // namespace ablate::analysis
