#include "lib/statistics/row_sums.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace ablate::statistics {
namespace {

// log x as the kernel computes it: a row with one key.
double KernelLog(double x) {
  std::vector<double> row(kRowLanes, 0);
  row[3] = x;
  return SumRow(row.data(), row.size()).x_log_x / x;
}

// With u = 2^-53: f to 2 u, the polynomial below 4 u of the whole, e log 2 to 2 u, the last sum 1 u; where e log 2 and log m
// cancel (x just above 1/sqrt(2)) both are at most twice the result. So 16 u, the product's and the test's division's 2 u, and
// the terms left out, 1e-15 = 9 u: below 4e-15 = 36 u.
TEST(RowSumsTest, LogarithmsAreRelativelyExact) {
  for (double x = 1e-300; x < 2; x *= 1.0137) EXPECT_NEAR(KernelLog(x) / std::log(x), 1, 4e-15) << x;
  for (double distance = 1e-15; distance < 0.5; distance *= 1.3) {
    EXPECT_NEAR(KernelLog(1 - distance) / std::log1p(-(1 - (1 - distance))), 1, 4e-15) << distance;
  }
  EXPECT_EQ(KernelLog(1), 0);
}

TEST(RowSumsTest, ZeroRowsAndLanes) {
  for (size_t n = 1; n <= 3 * kRowLanes; ++n) {
    std::vector<double> row(PaddedRow(n), 0);
    EXPECT_EQ(SumRow(row.data(), row.size()).mass, 0);
    EXPECT_EQ(SumRow(row.data(), row.size()).x_log_x, 0);
    double x_log_x = 0;
    for (size_t i = 0; i < n; ++i) {
      row[i] = static_cast<double>(i + 1);
      x_log_x += row[i] * std::log(row[i]);
    }
    const RowSums sums = SumRow(row.data(), row.size());
    EXPECT_EQ(sums.mass, n * (n + 1) / 2.0);  // integers: exact
    EXPECT_EQ(sums.largest, n);
    EXPECT_NEAR(sums.x_log_x, x_log_x, 5e-15 * n * (1 + x_log_x));  // 4e-15 each, and n roundings of u
  }
  EXPECT_EQ(PaddedRow(0), 0u);
  EXPECT_EQ(SumRow(nullptr, 0).mass, 0);
}

TEST(RowSumsTest, SameBitsWithAndWithoutAvx2) {
  std::vector<double> row(5 * kRowLanes);
  for (int round = 0; round < 1000; ++round) {
    for (size_t i = 0; i < row.size(); ++i) row[i] = std::exp(-30.0 * ((i * 7919 + round * 104729) % 9973) / 9973.0);
    const RowSums a = SumRow(row.data(), row.size()), b = SumRowPortably(row.data(), row.size());
    ASSERT_EQ(a.mass, b.mass);
    ASSERT_EQ(a.x_log_x, b.x_log_x);
    ASSERT_EQ(a.largest, b.largest);
  }
}

TEST(RowSumsTest, NanAndInfinityReachTheMass) {
  std::vector<double> row(kRowLanes, 0.1);
  row[5] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(std::isnan(SumRow(row.data(), row.size()).mass));
  row[5] = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(std::isinf(SumRow(row.data(), row.size()).mass));
}

}  // namespace
}  // namespace ablate::statistics
