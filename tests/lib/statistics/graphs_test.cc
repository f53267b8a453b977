// Hand-made graphs of connections, whose statistics are known in closed form.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/lib/statistics/maps.h"

namespace ablate::statistics {
namespace {

using Counts = std::vector<uint64_t>;

// Rows are even with weights 1/d rounded to float; d copies of them sum to 1 within d 2^-25, and the entropy of the normalized
// row is log d to a few roundings in double.
constexpr double kRounding = 1e-14;

TEST(GraphsTest, Ring) {
  const auto statistics = Measure(MapsOf({[](int q, int k) { return k == (q + 1) % 7; }}, 7, 7), {Trial()});
  EXPECT_DOUBLE_EQ(Value(statistics, "density"), 1.0 / 7);
  EXPECT_EQ(Value(statistics, "support_size"), 1);
  EXPECT_NEAR(Value(statistics, "entropy"), 0, kRounding);
  EXPECT_EQ(Value(statistics, "largest_weight"), 1);
  EXPECT_EQ(Value(statistics, "k_regular_rows"), 1);
  EXPECT_EQ(Value(statistics, "k_regular_columns"), 1);
  EXPECT_EQ(DegreeCounts(statistics, "out"), (Counts{0, 7}));
  EXPECT_EQ(DegreeCounts(statistics, "in"), (Counts{0, 7}));
}

TEST(GraphsTest, StarTakesAllColumnsButOneOutOfRegularity) {
  const auto statistics = Measure(MapsOf({[](int, int k) { return k == 2; }}, 6, 6), {Trial()});
  EXPECT_EQ(Value(statistics, "k_regular_rows"), 1);
  EXPECT_EQ(Value(statistics, "k_regular_columns"), 0);  // in-degrees 6, 0, 0, 0, 0, 0 around a mean of 1
  EXPECT_EQ(DegreeCounts(statistics, "out"), (Counts{0, 6}));
  EXPECT_EQ(DegreeCounts(statistics, "in"), (Counts{5, 0, 0, 0, 0, 0, 1}));
}

TEST(GraphsTest, Blocks) {
  const auto statistics = Measure(MapsOf({[](int q, int k) { return q / 4 == k / 4; }}, 12, 12), {WithBalance(4)});
  EXPECT_DOUBLE_EQ(Value(statistics, "density"), 1.0 / 3);
  EXPECT_NEAR(Value(statistics, "entropy"), std::log(4), kRounding);
  EXPECT_DOUBLE_EQ(Value(statistics, "largest_weight"), 0.25);
  EXPECT_EQ(Value(statistics, "k_regular_rows"), 1);
  EXPECT_EQ(Value(statistics, "k_regular_columns"), 1);
}

TEST(GraphsTest, CirculantIsRegularAtItsDegreeOnly) {
  for (int degree = 1; degree <= 9; ++degree) {
    const Maps maps = MapsOf({[&](int q, int k) { return (k - q + 9) % 9 < degree; }}, 9, 9);
    for (uint32_t target = 1; target <= 12; ++target) {
      const auto statistics = Measure(maps, {WithBalance(target)});
      const double regular = std::min(target, 9u) == static_cast<uint32_t>(degree);
      EXPECT_EQ(Value(statistics, "k_regular_rows"), regular);
      EXPECT_EQ(Value(statistics, "k_regular_columns"), regular);
    }
    EXPECT_NEAR(Value(Measure(maps, {Trial()}), "entropy"), std::log(degree), kRounding);
  }
}

TEST(GraphsTest, CausalBand) {
  // Query i attends keys i-2, i-1, i: out-degrees 1, 2, 3, ..., 3, in-degrees 3, ..., 3, 2, 1.
  const Maps maps = MapsOf({[](int q, int k) { return k <= q && k > q - 3; }}, 10, 10);
  const auto statistics = Measure(maps, {WithBalance(3)});
  EXPECT_DOUBLE_EQ(Value(statistics, "density"), 27.0 / 100);
  EXPECT_DOUBLE_EQ(Value(statistics, "support_size"), 2.7);
  EXPECT_NEAR(Value(statistics, "entropy"), (std::log(2) + 8 * std::log(3)) / 10, kRounding);
  EXPECT_DOUBLE_EQ(Value(statistics, "k_regular_rows"), 0.8);
  EXPECT_DOUBLE_EQ(Value(statistics, "k_regular_columns"), 0.8);
  EXPECT_EQ(DegreeCounts(statistics, "out"), (Counts{0, 1, 1, 8}));
  EXPECT_EQ(DegreeCounts(statistics, "in"), (Counts{0, 1, 1, 8}));
}

TEST(GraphsTest, CrossAttentionHasTargetsOfItsOwnOnEachSide) {
  // 3 queries and 5 keys, all attended: K = 4 is 4 keys for a row but only 3 rows for a column.
  const auto statistics = Measure(MapsOf({[](int, int) { return true; }}, 3, 5), {WithBalance(4)});
  EXPECT_EQ(Value(statistics, "density"), 1);
  EXPECT_EQ(Value(statistics, "k_regular_rows"), 0);
  EXPECT_EQ(Value(statistics, "k_regular_columns"), 1);
}

TEST(GraphsTest, DiversityOfHeads) {
  const auto ahead = [](int step) { return [step](int q, int k) { return k == (q + step) % 8; }; };
  const auto all = [](int, int) { return true; };
  EXPECT_NEAR(Value(Measure(MapsOf({ahead(1), ahead(1), ahead(1)}, 8, 8), {Trial()}), "js_diversity"), 0, kRounding);
  EXPECT_NEAR(Value(Measure(MapsOf({ahead(1), ahead(2), ahead(3)}, 8, 8), {Trial()}), "js_diversity"), std::log(3), kRounding);
  EXPECT_NEAR(Value(Measure(MapsOf({ahead(1)}, 8, 8), {Trial()}), "js_diversity"), 0, kRounding);
  // One head on one key, one on all 8: H(mean) = -(9/16) log(9/16) - 7/16 log(1/16), minus log(8) / 2.
  const double expected = -(9.0 / 16) * std::log(9.0 / 16) + 7.0 / 16 * std::log(16) - std::log(8) / 2;
  EXPECT_NEAR(Value(Measure(MapsOf({ahead(1), all}, 8, 8), {Trial()}), "js_diversity"), expected, kRounding);
}

TEST(GraphsTest, RowsWithoutMass) {
  const auto half = [](int q, int k) { return q < 3 && k < 2; };
  const auto none = [](int, int) { return false; };
  const auto statistics = Measure(MapsOf({half, none}, 4, 4), {Trial()});
  EXPECT_DOUBLE_EQ(Value(statistics, "rows_without_mass", 0), 0.25);
  EXPECT_NEAR(Value(statistics, "entropy", 0), std::log(2), kRounding);  // of the three rows that have mass
  EXPECT_EQ(Value(statistics, "rows_without_mass", 1), 1);
  EXPECT_EQ(Value(statistics, "density", 1), 0);
  for (const HeadStatistic& entry : statistics.head()) {
    EXPECT_FALSE(entry.head() == 1 && (entry.statistic() == "entropy" || entry.statistic() == "largest_weight"));
  }
  EXPECT_NEAR(Value(statistics, "js_diversity"), 0, kRounding);  // one head alone in the rows with mass
}

}  // namespace
}  // namespace ablate::statistics
