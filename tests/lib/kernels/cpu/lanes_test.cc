#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <limits>

#include "lib/kernels/cpu/elementary.h"

namespace ablate::kernels::ABLATE_INSTRUCTION_SET {
namespace {

// Largest error in units of the float's last place (of the exact value, at least those of the smallest normal number).
template <class Fast, class Exact>
double WorstError(double from, double to, Fast fast, Exact exact) {
  double worst = 0;
  for (int i = 0; i < 400000; i += kLanes) {
    Floats x;
    for (int lane = 0; lane < kLanes; ++lane) x.Set(lane, static_cast<float>(from + (to - from) * (i + lane) / 400000));
    const Floats y = fast(x);
    for (int lane = 0; lane < kLanes; ++lane) {
      const double right = exact(static_cast<double>(x[lane]));
      const double unit = std::ldexp(1., std::max(-126, std::ilogb(right)) - 23);
      worst = std::max(worst, std::fabs(y[lane] - right) / unit);
    }
  }
  return worst;
}

// Cephes states errors below 2 units for both polynomials; the bound leaves half a unit for the missing branches.
constexpr double kUnits = 2.5;

TEST(Lanes, Exp) {
  const auto fast = [](const Floats& x) { return Exp(x); };
  const auto exact = [](double x) { return std::exp(x); };
  EXPECT_LE(WorstError(-104, 0, fast, exact), kUnits);
  EXPECT_LE(WorstError(-1, 0, fast, exact), kUnits);
  EXPECT_LE(WorstError(0, 88, fast, exact), kUnits);
}

TEST(Lanes, ExpAtTheEnds) {
  const float infinity = std::numeric_limits<float>::infinity();
  const float ends[kLanes] = {0, -infinity, -1000, -104, std::nanf(""), -103};
  const Floats y = Exp(Load(ends));
  EXPECT_EQ(y[0], 1);
  EXPECT_EQ(y[1], 0);
  EXPECT_EQ(y[2], 0);
  EXPECT_EQ(y[3], 0);
  EXPECT_TRUE(std::isnan(y[4]));
  EXPECT_EQ(y[5], std::numeric_limits<float>::denorm_min());
}

TEST(Lanes, Log) {
  const auto fast = [](const Floats& x) { return Log(x); };
  const auto exact = [](double x) { return std::log(x); };
  EXPECT_LE(WorstError(1e-7, 1 - 1e-7, fast, exact), kUnits);
  EXPECT_LE(WorstError(.9, 1 - 1e-7, fast, exact), kUnits);
  EXPECT_LE(WorstError(1e-44, 1e-37, fast, exact), kUnits);
  EXPECT_TRUE(std::isnan(Log(All(std::nanf("")))[0]));
}

// 1 + x rounds where x < -0.29, by half a unit of at most 1: relative to 1 + x, and to the logarithm, that is up to 2^-24 /
// 0.41.
TEST(Lanes, Log1p) {
  const auto fast = [](const Floats& x) { return Log1p(x); };
  const auto exact = [](double x) { return std::log1p(x); };
  EXPECT_LE(WorstError(-.29, -1e-30, fast, exact), kUnits);
  EXPECT_LE(WorstError(-1e-6, -1e-12, fast, exact), kUnits);
  EXPECT_LE(WorstError(-1 + 1e-7, -.29, fast, exact), kUnits + 2);
}

}  // namespace
}  // namespace ablate::kernels::ABLATE_INSTRUCTION_SET
