#include "analysis/power.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "analysis/distributions.h"

namespace ablate::analysis {

double PairedPower(double effect, int n) {
  // Missing so large an effect needs a squared deviation 200 times that expected, with n = 2; with more even more.
  constexpr double kAlwaysSeen = 200;
  const double noncentrality = std::abs(effect) * std::sqrt(n);
  if (noncentrality > kAlwaysSeen) return 1;
  return NoncentralStudentTails(StudentQuantile(1 - kLevel / 2, n - 1), n - 1, noncentrality);
}

double SmallestEffect(int n) {
  static thread_local std::map<int, double> known;  // a millisecond each, and arms mostly have the same n
  const auto found = known.find(n);
  if (found != known.end()) return found->second;
  double low = 0, high = 1;
  while (PairedPower(high, n) < kPower) high *= 2;
  while (high - low > 1e-12 * high) {
    const double middle = (low + high) / 2;
    (PairedPower(middle, n) < kPower ? low : high) = middle;
  }
  return known[n] = high;
}

double SmallestDifference(const Estimate& difference) {
  return difference.n < 2 ? std::nan("") : SmallestEffect(difference.n) * difference.deviation;
}

int SeedsNeeded(double effect) {
  constexpr int kMost = 1'000'000;
  if (!(std::abs(effect) > 0)) return 0;
  int low = 1, high = 2;  // too few, or not known to be enough
  while (PairedPower(effect, high) < kPower) {
    if (high == kMost) return 0;
    low = high;
    high = std::min(2 * high, kMost);
  }
  while (high - low > 1) {
    const int middle = (low + high) / 2;
    (PairedPower(effect, middle) < kPower ? low : high) = middle;
  }
  return high;
}

}  // namespace ablate::analysis
