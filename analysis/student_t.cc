#include "analysis/student_t.h"

#include <cmath>

namespace ablate::analysis {
namespace {

constexpr double kPi = 3.14159265358979323846;

// log(Γ(a + 1/2) / Γ(a)). Far out lgamma's digits cancel; there Stirling's series of the ratio errs by less than 2e-15.
double LogGammaRatio(double a) {
  if (a < 50) return std::lgamma(a + 0.5) - std::lgamma(a);
  const double a3 = a * a * a;
  return 0.5 * std::log(a) - 1 / (8 * a) + 1 / (192 * a3) - 1 / (640 * a3 * a * a);
}

// The m-th numerator, counted from 1, of the continued fraction in DLMF 8.17.22.
double Numerator(double a, double b, double x, int m) {
  const int k = m / 2;
  const double divisor = (a + m - 1) * (a + m);
  return (m % 2 == 0 ? k * (b - k) : -(a + k) * (a + b + k)) * x / divisor;
}

// 1 / (1 + n1 / (1 + n2 / (1 + ...))) by Lentz's method. Converges fast where x < (a + 1) / (a + b + 2).
double BetaFraction(double a, double b, double x) {
  double c = 1, d = 1 / (1 + Numerator(a, b, x, 1)), fraction = d;
  for (int m = 2; m < 100000; ++m) {
    const double numerator = Numerator(a, b, x, m);
    d = 1 / (1 + numerator * d);
    c = 1 + numerator / c;
    fraction *= c * d;
    if (std::abs(c * d - 1) < 1e-16) break;
  }
  return fraction;
}

}  // namespace

double StudentTail(double t, double degrees) {
  const double a = degrees / 2, ratio = t * t / degrees;
  const double x = 1 / (1 + ratio), y = ratio / (1 + ratio);
  // x^a y^(1/2) / B(a, 1/2)
  const double front = std::exp(LogGammaRatio(a) - a * std::log1p(ratio)) * std::sqrt(y / kPi);
  if (x < (a + 1) / (a + 2.5)) return 0.5 * front * BetaFraction(a, 0.5, x) / a;
  return 0.5 - front * BetaFraction(0.5, a, y);
}

double StudentQuantile(double share, double degrees) {
  const double tail = 1 - share;
  double low = 0, high = 1;
  while (StudentTail(high, degrees) > tail) high *= 2;
  for (double middle = high / 2; middle > low && middle < high; middle = low + (high - low) / 2) {
    (StudentTail(middle, degrees) > tail ? low : high) = middle;
  }
  return high;
}

}  // namespace ablate::analysis
