#include "analysis/bootstrap.h"

#include <algorithm>
#include <cmath>

#include "analysis/distributions.h"
#include "lib/random/philox.h"

namespace ablate::analysis {
namespace {

double SumOf(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum;
}

// How far the middle of the means lies from the mean itself, in normal deviates; a mean that equals it counts half.
double Bias(double mean, const std::vector<double>& means) {
  int64_t below = 0, equal = 0;
  for (const double other : means) {
    below += other < mean;
    equal += other == mean;
  }
  return NormalQuantile((below + 0.5 * equal) / means.size());
}

// A sixth of the skewness of the mean, by the jackknife: leaving value i out moves the mean by (mean - value_i) / (n - 1).
double Acceleration(double mean, const std::vector<double>& values) {
  double squares = 0, cubes = 0;
  for (const double value : values) {
    const double influence = value - mean;
    squares += influence * influence;
    cubes += influence * influence * influence;
  }
  return cubes / (6 * std::pow(squares, 1.5));
}

// Linear between neighbours; `sorted` ascending.
double Quantile(const std::vector<double>& sorted, double share) {
  const double place = share * (sorted.size() - 1);
  const size_t below = std::min(static_cast<size_t>(place), sorted.size() - 1);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

}  // namespace

std::vector<double> BootstrapMeans(const std::vector<double>& values, const BootstrapOptions& options) {
  const size_t n = values.size();
  std::vector<double> means;
  std::vector<int> times(n);
  means.reserve(options.resamples);
  for (int resample = 0; resample < options.resamples; ++resample) {
    const random::Numbers numbers(options.seed, random::Stream::kBootstrap, resample);
    std::fill(times.begin(), times.end(), 0);
    for (size_t draw = 0; draw < n; ++draw) ++times[numbers.Below(draw, n)];
    double sum = 0;
    for (size_t i = 0; i < n; ++i) sum += times[i] * values[i];
    means.push_back(sum / n);
  }
  return means;
}

Interval BcaInterval(const std::vector<double>& values, std::vector<double> means) {
  if (values.size() < 2) return {std::nan(""), std::nan("")};
  if (std::count(values.begin(), values.end(), values[0]) == static_cast<int64_t>(values.size())) return {values[0], values[0]};
  const double mean = SumOf(values) / values.size();
  std::sort(means.begin(), means.end());
  if (means.front() > mean || means.back() < mean) return {std::nan(""), std::nan("")};  // the bias is infinite
  const double bias = Bias(mean, means), acceleration = Acceleration(mean, values);
  const auto bound = [&](double share) {
    const double z = bias + NormalQuantile(share);
    return Quantile(means, NormalShare(bias + z / (1 - acceleration * z)));
  };
  return {bound(0.5 - kConfidence / 2), bound(0.5 + kConfidence / 2)};
}

Interval BcaInterval(const std::vector<double>& values, const BootstrapOptions& options) {
  return BcaInterval(values, values.empty() ? std::vector<double>() : BootstrapMeans(values, options));
}

}  // namespace ablate::analysis
