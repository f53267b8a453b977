#include "lib/kernels/cpu/double_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ablate::kernels {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr int kMostSteps = 32;             // of Newton; 14 is the most that was ever seen
constexpr double kSmallestStep = 0x1p-40;  // relative to max(1, t); p's error is its square
constexpr double kSmallestD = 1e-24;       // below it p is softmax to rounding, and d (y - t) would be denormal

struct Point {
  double p, s;  // s = p^(1-d) on the support, else 0
};

// y = score - the row's largest; t >= 0.
Point At(double y, double t, double d) {
  if (y == -kInfinity) return {0, 0};
  const double x = d * (y - t);
  if (!(x > -1)) return {0, 0};
  if (d == 1) return {1 + x, 1};
  if (d == .5) return {(1 + x) * (1 + x), 1 + x};
  const double p = std::exp(std::log1p(x) / d);
  return {p, p / (1 + x)};
}

// The last step of Newton is not taken in t, whose rounding would spoil the sum of the row, but to first order in p.
void Solve(const double* scores, double largest, double d, int64_t keys, double* probabilities) {
  double t = 0, sum_p = 0, sum_s = 0;
  for (int count = 0;; ++count) {
    sum_p = sum_s = 0;
    for (int64_t i = 0; i < keys; ++i) {
      const Point point = At(scores[i] - largest, t, d);
      sum_p += point.p, sum_s += point.s;
    }
    const double step = -sum_p * std::expm1(-d * std::log(sum_p)) / (d * sum_s);
    if (count == kMostSteps || !(step > kSmallestStep * std::max(1., t)) || t + step == t) break;
    t += step;
  }
  const double excess = (sum_p - 1) / sum_s;
  for (int64_t i = 0; i < keys; ++i) {
    const Point point = At(scores[i] - largest, t, d);
    probabilities[i] = std::max(0., point.p - point.s * excess);
  }
}

void SolveSoftmax(const double* scores, double largest, int64_t keys, double* probabilities) {
  double sum = 0;
  for (int64_t i = 0; i < keys; ++i) sum += probabilities[i] = std::exp(scores[i] - largest);
  for (int64_t i = 0; i < keys; ++i) probabilities[i] /= sum;
}

double Slope(double p, double d) {
  if (d == 1) return 1;
  return d == .5 ? std::sqrt(p) : std::exp((1 - d) * std::log(p));
}

// The part of -dp/dalpha that is no multiple of s: p u^2 (e^x - 1 - x) / x^2 with u = log p, x = -d u, where the quotient is a
// series for small x: no cancellation from alpha = 1 on.
double AlphaTerm(double p, double s, double d) {
  const double u = std::log(p), x = -d * u;
  if (x >= 1) return (s - p + p * u * d) / (d * d);
  double series = 0;
  for (int k = 24; k >= 0; --k) series = (series * x + 1) / (k + 2);
  return p * u * u * series;
}

}  // namespace

void ForwardDoubleRow(const double* scores, double d, int64_t keys, double* probabilities) {
  double largest = -kInfinity;
  bool bad = std::isnan(d);
  for (int64_t i = 0; i < keys; ++i) {
    largest = std::max(largest, scores[i]);
    bad |= std::isnan(scores[i]);
  }
  if (bad || largest == kInfinity) {
    std::fill_n(probabilities, keys, kNaN);
  } else if (largest == -kInfinity) {
    std::fill_n(probabilities, keys, 0.);
  } else if (d < kSmallestD) {
    SolveSoftmax(scores, largest, keys, probabilities);
  } else {
    Solve(scores, largest, d, keys, probabilities);
  }
}

void BackwardDoubleRow(const double* probabilities, const double* gradients, double d, int64_t keys, double* score_gradients,
                       double* alpha_gradient) {
  double sum_s = 0, sum_gs = 0, sum_q = 0;
  for (int64_t i = 0; i < keys; ++i) {
    const double p = probabilities[i], s = p == 0 ? 0 : Slope(p, d);
    if (p == 0) continue;
    sum_s += s, sum_gs += s * gradients[i];
    if (alpha_gradient != nullptr) sum_q += AlphaTerm(p, s, d);
  }
  const double mean = sum_s == 0 ? 0 : sum_gs / sum_s, share = sum_s == 0 ? 0 : sum_q / sum_s;
  double in_alpha = 0;
  for (int64_t i = 0; i < keys; ++i) {
    const double p = probabilities[i];
    score_gradients[i] = 0;
    if (p == 0) continue;
    const double s = Slope(p, d), g = gradients[i] - mean;
    score_gradients[i] = s * g;
    if (alpha_gradient != nullptr) in_alpha += (share * s - AlphaTerm(p, s, d)) * g;
  }
  if (alpha_gradient != nullptr) *alpha_gradient = in_alpha;
}

}  // namespace ablate::kernels
