#include "analysis/across_seeds.h"

#include <gtest/gtest.h>

#include <cmath>

#include "analysis/distributions.h"

namespace ablate::analysis {
namespace {

struct QuantileCase {
  double degrees, share, t;
};

// SciPy 1.17.1: for df in ...: for p in ...: print(df, p, scipy.stats.t.ppf(p, df))
constexpr QuantileCase kQuantiles[] = {
    {1, 0.6, 0.32491969623290634},      {1, 0.9, 3.0776835371752544},    {1, 0.975, 12.706204736174694},
    {1, 0.9999995, 636619.7724194297},  {2, 0.6, 0.2886751345948128},    {2, 0.975, 4.302652729749462},
    {2, 0.9999995, 999.9992500409771},  {3, 0.975, 3.1824463052837078},  {4, 0.975, 2.7764451051977934},
    {4, 0.995, 4.604094871349992},      {9, 0.6, 0.260955336473911},     {9, 0.975, 2.262157162798205},
    {29, 0.975, 2.045229642132703},     {99, 0.6, 0.25402901215180673},  {99, 0.975, 1.9842169515864174},
    {99, 0.9999995, 5.217164206668911}, {1000, 0.9, 1.2823987214609247}, {1000, 0.975, 1.9623390808264083},
    {1e6, 0.6, 0.25334717053784184},    {1e6, 0.975, 1.959966356814107},
};

TEST(StudentT, QuantilesAreSciPys) {
  for (const QuantileCase& c : kQuantiles) {
    EXPECT_NEAR(StudentQuantile(c.share, c.degrees) / c.t, 1, 1e-9) << c.degrees << " " << c.share;
    EXPECT_NEAR(StudentTail(c.t, c.degrees) / (1 - c.share), 1, 1e-9) << c.degrees << " " << c.share;
  }
  EXPECT_EQ(StudentTail(0, 7), 0.5);
}

TEST(AcrossSeeds, MeanAndInterval) {
  const Estimate estimate = Mean({{1, 2.0}, {2, 4.0}, {3, 9.0}});
  EXPECT_EQ(estimate.n, 3);
  EXPECT_EQ(estimate.mean, 5);
  // t(0.975; 2) * s / sqrt(3), s = sqrt(13)
  EXPECT_NEAR(estimate.half_width, 4.302652729749462 * std::sqrt(13.0 / 3), 1e-9);
}

TEST(AcrossSeeds, OneValueHasNoInterval) {
  const Estimate one = Mean(BySeed{{1, 2.0}});
  EXPECT_EQ(one.mean, 2);
  EXPECT_TRUE(std::isinf(one.half_width));
  EXPECT_EQ(Mean(BySeed{}).n, 0);
}

TEST(AcrossSeeds, DifferencesAreOverCommonSeeds) {
  // Seeds differ a lot, arms by 1 +- 0.1: pairing shows it.
  const BySeed arm{{1, 11.1}, {2, 51.0}, {3, 90.9}, {4, 1000}}, baseline{{1, 10}, {2, 50}, {3, 90}, {5, -1000}};
  const Estimate difference = PairedDifference(arm, baseline);
  EXPECT_EQ(difference.n, 3);
  EXPECT_NEAR(difference.mean, 1, 1e-12);
  EXPECT_NEAR(difference.half_width, 4.302652729749462 * 0.1 / std::sqrt(3), 1e-9);
}

}  // namespace
}  // namespace ablate::analysis
