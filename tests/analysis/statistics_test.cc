// The corners of the statistics across seeds; what they are on random data is in statistics_python_test.cc.
#include <gtest/gtest.h>

#include <cmath>

#include "analysis/across_seeds.h"
#include "analysis/bootstrap.h"
#include "analysis/multiple_tests.h"
#include "analysis/paired_predictions.h"
#include "analysis/power.h"

namespace ablate::analysis {
namespace {

TEST(PValue, OfEqualDifferences) {
  EXPECT_EQ(PValue(Mean(std::vector<double>{0, 0, 0})), 1);
  EXPECT_EQ(PValue(Mean(std::vector<double>{0.5, 0.5, 0.5})), 0);
  EXPECT_EQ(PValue(Mean(std::vector<double>{-1, 1})), 1);
  EXPECT_TRUE(std::isnan(PValue(Mean(std::vector<double>{1}))));
}

TEST(EffectSize, OfEqualDifferences) {
  EXPECT_EQ(EffectSize(Mean(std::vector<double>{0, 0, 0})), 0);
  EXPECT_TRUE(std::isinf(EffectSize(Mean(std::vector<double>{0.5, 0.5, 0.5}))));
  EXPECT_TRUE(std::isnan(EffectSize(Mean(std::vector<double>{0.5, 0.25}))));
  // d = 2; with two degrees of freedom the correction is Γ(1) / (1 · Γ(1/2)) = 1 / sqrt(π).
  EXPECT_NEAR(EffectSize(Mean(std::vector<double>{1, 2, 3})), 2 / std::sqrt(3.14159265358979323846), 1e-14);
}

TEST(Bootstrap, IsTheSameAtEveryCall) {
  const std::vector<double> values = {0.1, 0.2, 0.4, 0.8};
  EXPECT_EQ(BootstrapMeans(values, {100, 3}), BootstrapMeans(values, {100, 3}));
  EXPECT_NE(BootstrapMeans(values, {100, 3}), BootstrapMeans(values, {100, 4}));
}

TEST(Bootstrap, PermutedResamplesEqualTheMeanExactly) {
  const std::vector<double> values = {0.1, 0.7, 0.3};
  int equal = 0;
  for (const double mean : BootstrapMeans(values, {3000, 1})) {
    equal += mean == Mean(values).mean;
    EXPECT_TRUE(mean == Mean(values).mean || std::abs(mean - Mean(values).mean) > 0.01) << mean;
  }
  EXPECT_NEAR(equal, 3000 * 6 / 27., 150);  // 3! of 27 draws; five deviations are 113
}

TEST(Bootstrap, ContainsTheMeanAsOftenAsItSays) {
  int inside = 0;
  for (uint64_t i = 0; i < 300; ++i) {
    std::vector<double> values;
    for (uint64_t k = 0; k < 40; ++k)
      values.push_back(-std::log(((i * 40 + k) * 2654435761u % 4294967296u + 0.5) / 4294967296.));
    const Interval interval = BcaInterval(values, BootstrapOptions{400, i});
    inside += interval.low <= 1 && interval.high >= 1;
  }
  EXPECT_GT(inside, 265);  // 300 of skewed values with mean 1; 0.95 of them are 285, five deviations 19
}

TEST(Bootstrap, Corners) {
  EXPECT_TRUE(std::isnan(BcaInterval({}).low));
  EXPECT_TRUE(std::isnan(BcaInterval({1.0}).low));
  EXPECT_EQ(BcaInterval({2.0, 2.0, 2.0}).low, 2);
  EXPECT_EQ(BcaInterval({2.0, 2.0, 2.0}).high, 2);
}

TEST(MultipleTests, TextbookCase) {
  const std::vector<double> p = {0.04, std::nan(""), 0.01, 0.03};
  const std::vector<double> holm = Holm(p), hochberg = BenjaminiHochberg(p);
  EXPECT_NEAR(holm[2], 0.03, 1e-15);
  EXPECT_NEAR(holm[3], 0.06, 1e-15);
  EXPECT_NEAR(holm[0], 0.06, 1e-15);  // not 0.04: not below the one before
  EXPECT_TRUE(std::isnan(holm[1]) && std::isnan(hochberg[1]));
  EXPECT_NEAR(hochberg[2], 0.03, 1e-15);
  EXPECT_NEAR(hochberg[0], 0.04, 1e-15);
  EXPECT_TRUE(Holm({}).empty());
}

TEST(Power, GrowsWithSeedsAndEffect) {
  EXPECT_NEAR(PairedPower(0, 10), kLevel, 1e-12);
  EXPECT_NEAR(PairedPower(SmallestEffect(5), 5), kPower, 1e-10);
  EXPECT_LT(SmallestEffect(30), SmallestEffect(10));
  EXPECT_EQ(SeedsNeeded(0.5), 34);  // Cohen 1988, two-sided paired, d = 0.5
  EXPECT_EQ(SeedsNeeded(-0.5), 34);
  EXPECT_EQ(SeedsNeeded(100), 2);
  EXPECT_EQ(SeedsNeeded(0), 0);
  EXPECT_EQ(SeedsNeeded(1e-4), 0);
  EXPECT_EQ(SeedsNeeded(std::nan("")), 0);
}

TEST(McNemar, CountsWhereTheyDiffer) {
  const std::vector<bool> all(6, true);
  EXPECT_EQ(McNemar(all, all).p, 1);
  const McNemarResult result = McNemar(all, std::vector<bool>(6, false));
  EXPECT_EQ(result.only_first, 6);
  EXPECT_EQ(result.only_second, 0);
  EXPECT_NEAR(result.p, 2.0 / 64, 1e-15);
}

}  // namespace
}  // namespace ablate::analysis
