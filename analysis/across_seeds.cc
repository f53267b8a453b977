#include "analysis/across_seeds.h"

#include <cmath>

#include "analysis/distributions.h"

namespace ablate::analysis {

Estimate Mean(const std::vector<double>& values) {
  Estimate estimate;
  estimate.n = static_cast<int>(values.size());
  if (estimate.n == 0) return estimate;
  double sum = 0;
  for (const double value : values) sum += value;
  estimate.mean = sum / estimate.n;
  if (estimate.n < 2) return estimate;
  double squares = 0;
  for (const double value : values) squares += (value - estimate.mean) * (value - estimate.mean);
  estimate.deviation = std::sqrt(squares / (estimate.n - 1));
  estimate.half_width = StudentQuantile(0.5 + kConfidence / 2, estimate.n - 1) * estimate.deviation / std::sqrt(estimate.n);
  return estimate;
}

Estimate Mean(const BySeed& values) {
  std::vector<double> plain;
  for (const auto& [seed, value] : values) plain.push_back(value);
  return Mean(plain);
}

std::vector<double> PairedDifferences(const BySeed& arm, const BySeed& baseline) {
  std::vector<double> differences;
  for (const auto& [seed, value] : arm) {
    const auto other = baseline.find(seed);
    if (other != baseline.end()) differences.push_back(value - other->second);
  }
  return differences;
}

Estimate PairedDifference(const BySeed& arm, const BySeed& baseline) { return Mean(PairedDifferences(arm, baseline)); }

double PValue(const Estimate& estimate) {
  if (estimate.n < 2) return std::nan("");
  if (estimate.mean == 0) return 1;
  const double t = std::abs(estimate.mean) / (estimate.deviation / std::sqrt(estimate.n));
  return 2 * StudentTail(t, estimate.n - 1);
}

double EffectSize(const Estimate& difference) {
  if (difference.n < 3) return std::nan("");
  if (difference.mean == 0) return 0;
  const double m = difference.n - 1;
  const double correction = std::exp(std::lgamma(m / 2) - std::lgamma((m - 1) / 2)) / std::sqrt(m / 2);
  return correction * difference.mean / difference.deviation;
}

}  // namespace ablate::analysis
