// The reference against answers that were not computed with it.
#include "lib/normalizers/reference/entmax_reference.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

namespace ablate::normalizers {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kRounding = 4e-16;

TEST(EntmaxReference, ClosedForms) {
  // Two keys, gap x: softmax 1 / (1 + e^-x), sparsemax (1 + x) / 2, and of 1.5-entmax the root of a quadratic: with a, b the
  // square roots of p, a - b = x / 2 and a^2 + b^2 = 1.
  for (double x : {0., .1, .5, .9}) {
    EXPECT_NEAR(EntmaxReference({x, 0}, 0).p[0], 1 / (1 + std::exp(-x)), kRounding);
    EXPECT_NEAR(EntmaxReference({x, 0}, 1).p[0], (1 + x) / 2, kRounding);
    const double a = (x / 2 + std::sqrt(2 - x * x / 4)) / 2;
    EXPECT_NEAR(EntmaxReference({x, 0}, .5).p[0], a * a, kRounding);
  }
  EXPECT_EQ(EntmaxReference({3, 1.5}, 1).p, (std::vector<double>{1, 0}));
  EXPECT_EQ(EntmaxReference({-kInfinity, -kInfinity}, .3).p, (std::vector<double>{0, 0}));
  EXPECT_EQ(EntmaxReference({}, .3).p, std::vector<double>());
}

TEST(EntmaxReference, ThresholdCutsTheSupport) {
  const std::vector<double> z = {.3, -1, 2, 1.9, -kInfinity, .8};
  for (double d : {.1, .5, .8, 1.}) {
    const EntmaxRow row = EntmaxReference(z, d);
    for (size_t i = 0; i < z.size(); ++i) EXPECT_EQ(row.p[i] > 0, z[i] > row.threshold);
  }
  EXPECT_EQ(EntmaxReference(z, 0).threshold, -kInfinity);
}

double Weighted(const std::vector<double>& p, const std::vector<double>& g) {
  double sum = 0;
  for (size_t i = 0; i < p.size(); ++i) sum += p[i] * g[i];
  return sum;
}

// Central differences of step 1e-5: off by 1e-10 times a third derivative of order 10.
TEST(EntmaxReference, GradientsByFiniteDifferences) {
  const std::vector<double> z = {.3, -1, 2, 1.9, .8, .81}, g = {1, -2, .5, 3, -1, .2};
  for (double d : {1e-4, .1, .5, .7, .95}) {
    const EntmaxGradients gradients = EntmaxGradientReference(EntmaxReference(z, d).p, g, d);
    constexpr double kStep = 1e-5;
    for (size_t i = 0; i < z.size(); ++i) {
      std::vector<double> up = z, down = z;
      up[i] += kStep, down[i] -= kStep;
      const double slope = (Weighted(EntmaxReference(up, d).p, g) - Weighted(EntmaxReference(down, d).p, g)) / (2 * kStep);
      EXPECT_NEAR(gradients.scores[i], slope, 1e-8) << d;
    }
    const double above = Weighted(EntmaxReference(z, d + kStep).p, g), below = Weighted(EntmaxReference(z, d - kStep).p, g);
    EXPECT_NEAR(gradients.alpha, (above - below) / (2 * kStep), 1e-8) << d;
  }
}

// At alpha = 1 the derivative is one-sided; forward differences are off by half a step times the second derivative.
TEST(EntmaxReference, GradientInAlphaAtSoftmax) {
  const std::vector<double> z = {.3, -1, 2}, g = {1, -2, .5};
  const EntmaxGradients gradients = EntmaxGradientReference(EntmaxReference(z, 0).p, g, 0);
  const double slope = (Weighted(EntmaxReference(z, 1e-6).p, g) - Weighted(EntmaxReference(z, 0).p, g)) / 1e-6;
  EXPECT_NEAR(gradients.alpha, slope, 1e-5);
}

}  // namespace
}  // namespace ablate::normalizers
