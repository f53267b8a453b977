// Means over seeds, and differences between two arms over the seeds that both have, with t intervals.
#pragma once

#include <cstdint>
#include <limits>
#include <map>

namespace ablate::analysis {

// The values of one arm by seed. None is NaN.
using BySeed = std::map<int64_t, double>;

// Confidence of all intervals here: two-sided.
constexpr double kConfidence = 0.95;

// mean ± half_width contains the true mean with kConfidence, if values are normally distributed over seeds.
struct Estimate {
  int n = 0;  // values; 0: mean means nothing
  double mean = 0;
  double half_width = std::numeric_limits<double>::infinity();  // infinite where n < 2
  double low() const { return mean - half_width; }
  double high() const { return mean + half_width; }
};

Estimate Mean(const BySeed& values);

// arm - baseline over their common seeds. A seed decides the initial weights and the order of examples of both arms, so paired
// differences vary less than the arms do.
Estimate PairedDifference(const BySeed& arm, const BySeed& baseline);

}  // namespace ablate::analysis
