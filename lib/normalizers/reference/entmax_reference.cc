#include "lib/normalizers/reference/entmax_reference.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ablate::normalizers {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double Probability(double y, double t, double d) {
  if (y == -kInfinity) return 0;
  if (d == 0) return std::exp(y - t);
  const double x = d * (y - t);
  return x > -1 ? std::exp(std::log1p(x) / d) : 0;
}

double Slope(double p, double d) { return p > 0 ? std::pow(p, 1 - d) : 0; }

// t with sum p = 1, between 0 and its value on a row of equal scores.
double Bisect(const std::vector<double>& y, double d) {
  const double log_n = std::log(static_cast<double>(y.size()));
  double low = 0, high = d == 0 ? log_n : -std::expm1(-d * log_n) / d;
  for (int step = 0; step < 80; ++step) {
    const double t = (low + high) / 2;
    double sum = 0;
    for (double x : y) sum += Probability(x, t, d);
    (sum > 1 ? low : high) = t;
  }
  return low;
}

// The part of -dp/dalpha at a fixed threshold that is no multiple of s.
double AlphaTerm(double p, double d) {
  if (p == 0) return 0;
  const double u = std::log(p), x = -d * u;
  if (x >= 1) return (Slope(p, d) - p + d * p * u) / (d * d);
  double series = 0;
  for (int k = 24; k >= 0; --k) series = (series * x + 1) / (k + 2);
  return p * u * u * series;
}

}  // namespace

EntmaxRow EntmaxReference(const std::vector<double>& scores, double d) {
  EntmaxRow row{std::vector<double>(scores.size()), std::vector<double>(scores.size()), 0};
  const double largest = scores.empty() ? -kInfinity : *std::max_element(scores.begin(), scores.end());
  if (largest == -kInfinity) return row;
  std::vector<double> y = scores;
  for (double& x : y) x -= largest;
  const double t = Bisect(y, d);
  double sum_p = 0, sum_s = 0;
  for (size_t i = 0; i < y.size(); ++i) {
    row.p[i] = Probability(y[i], t, d);
    row.s[i] = Slope(row.p[i], d);
    sum_p += row.p[i], sum_s += row.s[i];
  }
  for (size_t i = 0; i < y.size(); ++i) {
    row.p[i] = std::max(0., row.p[i] - row.s[i] * (sum_p - 1) / sum_s);
    row.s[i] = Slope(row.p[i], d);
  }
  row.threshold = d == 0 ? -kInfinity : largest + t - 1 / d;
  return row;
}

EntmaxGradients EntmaxGradientReference(const std::vector<double>& p, const std::vector<double>& gradients, double d) {
  EntmaxGradients result{std::vector<double>(p.size()), 0, 0};
  double sum_s = 0, sum_gs = 0, sum_q = 0;
  for (size_t i = 0; i < p.size(); ++i) {
    const double s = Slope(p[i], d);
    sum_s += s, sum_gs += gradients[i] * s, sum_q += AlphaTerm(p[i], d);
  }
  if (sum_s == 0) return result;
  const double mean = sum_gs / sum_s, share = sum_q / sum_s;
  for (size_t i = 0; i < p.size(); ++i) {
    const double s = Slope(p[i], d), in_alpha = share * s - AlphaTerm(p[i], d);
    result.scores[i] = s * (gradients[i] - mean);
    result.alpha += in_alpha * (gradients[i] - mean);
    result.alpha_scale += std::fabs(gradients[i] * in_alpha);
  }
  return result;
}

}  // namespace ablate::normalizers
