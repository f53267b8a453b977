// The polynomials, on the instruction set that this file is compiled for; BUILD.bazel compiles it for each.
#include "lib/kernels/cpu/elementary.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "lib/kernels/cpu/slopes.h"

namespace ablate::kernels::ABLATE_INSTRUCTION_SET {
namespace {

// Calls check(x, y) for y = fast(x) at `count` points between the two.
template <class Fast, class Check>
void ForEachPoint(double from, double to, Fast fast, Check check) {
  constexpr int kPoints = 400000;
  for (int i = 0; i < kPoints; i += kLanes) {
    float x[kLanes], y[kLanes];
    for (int lane = 0; lane < kLanes; ++lane) x[lane] = static_cast<float>(from + (to - from) * (i + lane) / kPoints);
    Store(y, fast(Load(x)));
    for (int lane = 0; lane < kLanes; ++lane) check(x[lane], y[lane]);
  }
}

template <class Fast, class Exact>
double WorstRelativeError(double from, double to, Fast fast, Exact exact) {
  double worst = 0;
  ForEachPoint(from, to, fast,
               [&](double x, double y) { worst = std::max(worst, std::fabs(y - exact(x)) / std::fabs(exact(x))); });
  return worst;
}

// The polynomials' own errors are 2^-24 and 2^-25; the last multiplication and, near 1, the argument's rounding add 2^-24 each.
constexpr double kExact = 4 * 0x1p-24;
constexpr double kRough = 1e-4;

TEST(Elementary, Exp2) {
  const auto exact = [](double x) { return std::exp2(x); };
  EXPECT_LE(WorstRelativeError(
                -125, 0, [](Vector x) { return Exp2(x); }, exact),
            kExact);
  EXPECT_LE(WorstRelativeError(
                -1, 1, [](Vector x) { return Exp2(x); }, exact),
            kExact);
  EXPECT_LE(WorstRelativeError(
                0, 126, [](Vector x) { return Exp2(x); }, exact),
            kExact);
  EXPECT_LE(WorstRelativeError(
                -125, 1, [](Vector x) { return Exp2<Precision::kRough>(x); }, exact),
            kRough);
}

TEST(Elementary, Exp2AtTheEnds) {
  for (float x : {-kInfinity, -1e30f, -1000.f, -151.f}) EXPECT_EQ(Exp2(All(x))[0], 0) << x;
  EXPECT_EQ(Exp2(All(0.f))[0], 1);
}

TEST(Elementary, Log2) {
  const auto exact = [](double x) { return std::log2(x); };
  const auto fast = [](Vector x) { return Log2(x); };
  EXPECT_LE(WorstRelativeError(1e-7, 1 - 1e-7, fast, exact), kExact);
  EXPECT_LE(WorstRelativeError(.9, 1 - 1e-7, fast, exact), kExact);
  EXPECT_LE(WorstRelativeError(1.0000002, 1e6, fast, exact), kExact);
  EXPECT_LE(WorstRelativeError(1e-37, 1e-30, fast, exact), kExact);
  EXPECT_LE(WorstRelativeError(
                .8, .999, [](Vector x) { return Log2<Precision::kRough>(x); }, exact),
            kRough);
}

// 1 + x rounds where x < -1/4, by half a unit of at most 1: relative to the logarithm up to 2^-25 / 0.75 / log2(4/3).
TEST(Elementary, Log2OnePlus) {
  const auto exact = [](double x) { return std::log1p(x) / std::log(2.); };
  const auto fast = [](Vector x) { return Log2OnePlus(x, x + All(1.f)); };
  EXPECT_LE(WorstRelativeError(-.25, -1e-30, fast, exact), kExact);
  EXPECT_LE(WorstRelativeError(-1e-6, -1e-12, fast, exact), kExact);
  EXPECT_LE(WorstRelativeError(-1 + 1e-7, -.25, fast, exact), kExact + 0x1p-25 / .75 / .4);
}

TEST(Elementary, SquareRoot) {
  const auto fast = [](Vector x) { return Entmax15Slope()(x); };
  EXPECT_LE(WorstRelativeError(1e-9, 1, fast, [](double x) { return std::sqrt(x); }), kExact);
  EXPECT_EQ(fast(All(0.f))[0], 0);
}

TEST(Vectors, TransposeAndPackAndSpread) {
  float grid[kLanes * kLanes], column[kLanes], packed[2 * kLanes] = {};
  for (int i = 0; i < kLanes * kLanes; ++i) grid[i] = static_cast<float>(i);
  Vector rows[kLanes];
  for (int j = 0; j < kLanes; ++j) rows[j] = Load(grid + j * kLanes);
  Transpose(rows);
  for (int i = 0; i < kLanes; ++i) {
    Store(column, rows[i]);
    for (int j = 0; j < kLanes; ++j) EXPECT_EQ(column[j], grid[j * kLanes + i]);
  }
  for (unsigned pattern = 0; pattern < (1u << (kLanes < 8 ? kLanes : 8)); ++pattern) {
    float wanted[kLanes], back[kLanes];
    for (int j = 0; j < kLanes; ++j) wanted[j] = pattern >> j % 8 & 1 ? static_cast<float>(j + 1) : 0.f;
    const Mask mask = Greater(Load(wanted), All(0.f));
    const int count = Compress(packed, mask, Load(wanted));
    EXPECT_EQ(count, Count(mask));
    EXPECT_EQ(static_cast<unsigned>(count), static_cast<unsigned>(__builtin_popcount(Bits(mask))));
    for (int j = 1; j < count; ++j) EXPECT_LT(packed[j - 1], packed[j]);
    Store(back, Expand(mask, packed));
    for (int j = 0; j < kLanes; ++j) EXPECT_EQ(back[j], wanted[j]);
  }
}

TEST(Vectors, BetweenHalvesTheOrderOfFloats) {
  EXPECT_EQ(Between(All(1.f), All(1.f + 0x1p-22f))[0], 1.f + 0x1p-23f);
  EXPECT_EQ(Between(All(1.f), All(1.f + 0x1p-23f))[0], 1.f + 0x1p-23f);  // none is between
  EXPECT_EQ(Between(All(-2.f), All(-2.f + 0x1p-22f))[0], -2.f + 0x1p-23f);
  EXPECT_EQ(Between(All(-1.f), All(1.f))[0], 0.f);
  EXPECT_EQ(Between(All(-kLargestFloat), All(kLargestFloat))[0], 0.f);
  for (float low : {-3e38f, -1.f, -1e-40f, 0.f, 1e-40f}) {
    for (float high : {2e-40f, 1e-3f, 3e38f, kInfinity}) {
      const float between = Between(All(low), All(high))[0];
      EXPECT_TRUE(low < between && between <= high) << low << " " << high << " " << between;
    }
  }
}

TEST(Vectors, PartsOfRowsAndBfloat16) {
  float row[kLanes], stored[kLanes + 1], wide[kLanes];
  for (int i = 0; i < kLanes; ++i) row[i] = 1.f + static_cast<float>(i) / 128;  // exact in bfloat16
  Bfloat16 narrow[kLanes];
  for (int count = 1; count < kLanes; ++count) {
    for (float& x : stored) x = -1;
    StoreOf(Part{count}, stored, LoadOf(Part{count}, row, -kInfinity));
    for (int i = 0; i <= kLanes; ++i) EXPECT_EQ(stored[i], i < count ? row[i] : -1);
    Store(wide, LoadOf(Part{count}, row, -kInfinity));
    for (int i = count; i < kLanes; ++i) EXPECT_EQ(wide[i], -kInfinity);
    Store(narrow, Load(row));
    Store(wide, LoadOf(Part{count}, narrow, 7.f));
    for (int i = 0; i < kLanes; ++i) EXPECT_EQ(wide[i], i < count ? row[i] : 7.f);
  }
  Store(narrow, All(1.f + 0x1p-8f));  // half way between two: to the even one
  EXPECT_EQ(Load(narrow)[0], 1.f);
  Store(narrow, All(1.f + 0x3p-8f));
  EXPECT_EQ(Load(narrow)[0], 1.f + 0x4p-8f);
  Store(narrow, All(std::numeric_limits<float>::quiet_NaN()));
  EXPECT_TRUE(std::isnan(Load(narrow)[0]));
}

}  // namespace
}  // namespace ablate::kernels::ABLATE_INSTRUCTION_SET
