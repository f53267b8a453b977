#include "analysis/across_seeds.h"

#include <cmath>

#include "analysis/student_t.h"

namespace ablate::analysis {

Estimate Mean(const BySeed& values) {
  Estimate estimate;
  estimate.n = static_cast<int>(values.size());
  if (estimate.n == 0) return estimate;
  double sum = 0;
  for (const auto& [seed, value] : values) sum += value;
  estimate.mean = sum / estimate.n;
  if (estimate.n < 2) return estimate;
  double squares = 0;
  for (const auto& [seed, value] : values) squares += (value - estimate.mean) * (value - estimate.mean);
  const double error = std::sqrt(squares / (estimate.n - 1) / estimate.n);
  estimate.half_width = StudentQuantile(0.5 + kConfidence / 2, estimate.n - 1) * error;
  return estimate;
}

Estimate PairedDifference(const BySeed& arm, const BySeed& baseline) {
  BySeed differences;
  for (const auto& [seed, value] : arm) {
    const auto other = baseline.find(seed);
    if (other != baseline.end()) differences[seed] = value - other->second;
  }
  return Mean(differences);
}

}  // namespace ablate::analysis
