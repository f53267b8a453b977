// Means over seeds, and differences between two arms over the seeds that both have: intervals, tests and sizes of effects.
// Definitions and how to read them: analysis/README.md.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <vector>

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
  double deviation = std::numeric_limits<double>::quiet_NaN();  // sample standard deviation; NaN where n < 2
  double low() const { return mean - half_width; }
  double high() const { return mean + half_width; }
};

Estimate Mean(const std::vector<double>& values);
Estimate Mean(const BySeed& values);

// arm - baseline at each seed that both have, in the order of seeds.
std::vector<double> PairedDifferences(const BySeed& arm, const BySeed& baseline);

// Their mean. A seed decides the initial weights and the order of examples of both arms, so paired differences vary less than
// the arms do.
Estimate PairedDifference(const BySeed& arm, const BySeed& baseline);

// Two-sided p of Student's test that the true mean is 0. NaN where n < 2; where all values are equal 1 if they are 0, else 0.
double PValue(const Estimate& estimate);

// Hedges' g of paired differences: mean / deviation, made unbiased by Γ(m/2) / (sqrt(m/2) Γ((m - 1)/2)), m = n - 1 (Hedges
// 1981). NaN where n < 3; infinite where all values are equal, but not 0.
double EffectSize(const Estimate& difference);

}  // namespace ablate::analysis
