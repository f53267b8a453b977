#include "lib/models/row_kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace ablate::models {
namespace {

double NormalShare(double x) { return 0.5 * std::erfc(-x * std::sqrt(0.5)); }

TEST(RowKernelsTest, GeluIsNearTheExactFormEverywhere) {
  constexpr int kCount = 1 << 18;
  std::vector<float> x(kCount), y(kCount), slope(kCount);
  for (int i = 0; i < kCount; ++i) x[i] = -12 + 24.f * i / kCount;
  GeluForward(x.data(), kCount, y.data(), slope.data());
  for (int i = 0; i < kCount; ++i) {
    // erf may be off by 3e-7, its half times x counts; two more roundings of 6e-8 relative.
    const double v = x[i], allowed = std::fabs(v) * (1.5e-7 + 1.2e-7) + 1e-9;
    EXPECT_NEAR(y[i], v * NormalShare(v), allowed);
    // The density adds |x| exp(-x^2 / 2) 0.4 <= 0.25 with a relative error of 4e-7.
    EXPECT_NEAR(slope[i], NormalShare(v) + v * 0.3989422804014327 * std::exp(-v * v / 2), 1.5e-7 + 1.2e-7 + 1e-7);
  }
}

TEST(RowKernelsTest, GeluOfExtremes) {
  const float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> x = {1e30f, -1e30f, 0.f, infinity, nan};
  std::vector<float> y(x.size()), slope(x.size());
  GeluForward(x.data(), static_cast<int64_t>(x.size()), y.data(), slope.data());
  EXPECT_EQ(y[0], 1e30f);
  EXPECT_EQ(y[1], 0.f);
  EXPECT_EQ(y[2], 0.f);
  EXPECT_EQ(slope[2], 0.5f);
  EXPECT_EQ(y[3], infinity);
  EXPECT_TRUE(std::isnan(y[4]));
  EXPECT_TRUE(std::isnan(slope[4]));
}

TEST(RowKernelsTest, TanhAndItsGeluAreNearTheExactForms) {
  constexpr int kCount = 1 << 16;
  std::vector<float> x(kCount), tanh(kCount), tanh_slope(kCount), gelu(kCount), gelu_slope(kCount);
  for (int i = 0; i < kCount; ++i) x[i] = -12 + 24.f * i / kCount;
  TanhForward(x.data(), kCount, tanh.data(), tanh_slope.data());
  TanhGeluForward(x.data(), kCount, gelu.data(), gelu_slope.data());
  const double root = std::sqrt(2 / 3.141592653589793);
  for (int i = 0; i < kCount; ++i) {
    const double v = x[i], exact = std::tanh(v), t = std::tanh(root * (v + 0.044715 * v * v * v));
    // exp is off by 2e-7 relative; as a share of 1 the quotient takes half of it, and three roundings.
    EXPECT_NEAR(tanh[i], exact, 5e-7);
    EXPECT_NEAR(tanh_slope[i], 1 - exact * exact, 1e-6);
    EXPECT_NEAR(gelu[i], v * (1 + t) / 2, 5e-7 * std::max(1., std::fabs(v)));
    EXPECT_NEAR(gelu_slope[i], (1 + t) / 2 + v / 2 * (1 - t * t) * root * (1 + 3 * 0.044715 * v * v), 5e-6);
  }
}

TEST(RowKernelsTest, ActivationsOfExtremes) {
  const float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> x = {1e30f, -1e30f, infinity, nan};
  std::vector<float> y(x.size()), slope(x.size());
  TanhGeluForward(x.data(), 4, y.data(), slope.data());
  EXPECT_EQ(y[0], 1e30f);
  EXPECT_EQ(y[1], 0.f);
  EXPECT_EQ(y[2], infinity);
  EXPECT_EQ(slope[0], 1.f);
  EXPECT_EQ(slope[1], 0.f);
  EXPECT_TRUE(std::isnan(y[3]) && std::isnan(slope[3]));
  TanhForward(x.data(), 4, y.data(), slope.data());
  EXPECT_EQ(y[0], 1.f);
  EXPECT_EQ(y[1], -1.f);
  EXPECT_TRUE(std::isnan(y[3]));
  ReluForward(x.data(), 4, y.data(), slope.data());
  EXPECT_EQ(y[1], 0.f);
  EXPECT_EQ(slope[1], 0.f);
  EXPECT_TRUE(std::isnan(y[3]));
}

TEST(RowKernelsTest, AnElementsBitsDoNotDependOnItsPlace) {
  // At the end of a row an element is computed by the loop's scalar rest, elsewhere in a vector.
  constexpr int kCount = 67;
  std::vector<float> x(kCount), y(kCount), slope(kCount);
  for (int i = 0; i < kCount; ++i) x[i] = std::sin(37.f * i) * 3;
  for (const auto loop : {GeluForward, ReluForward, TanhGeluForward, TanhForward}) {
    loop(x.data(), kCount, y.data(), slope.data());
    for (int i = 0; i < kCount; ++i) {
      float alone = 0, alone_slope = 0, without_slope = 0;
      loop(&x[i], 1, &alone, &alone_slope);
      loop(&x[i], 1, &without_slope, nullptr);
      EXPECT_EQ(y[i], alone);
      EXPECT_EQ(slope[i], alone_slope);
      EXPECT_EQ(y[i], without_slope);
    }
  }
}

TEST(RowKernelsTest, SumsOverManyRowsStayExact) {
  // A float that counts to 2^24 + 1 stays at 2^24; with double beyond 32 rows the sum is right to its own rounding.
  constexpr int64_t kRows = 100000;
  const std::vector<float> rows(kRows, 0.1f);
  float sum = 0;
  SumRows(rows.data(), kRows, 1, &sum);
  EXPECT_NEAR(sum, kRows * static_cast<double>(0.1f), 1e4 * 32 * 6e-8);
}

TEST(RowKernelsTest, CrossEntropyOfHugeLogits) {
  const std::vector<float> logits = {1e30f, -1e30f, 0.f, 0.f};
  const std::vector<int64_t> labels = {0, 1};
  EXPECT_DOUBLE_EQ(CrossEntropyRows(logits.data(), labels.data(), 2, 2), std::log(2.) / 2);
  std::vector<float> gradient(4);
  CrossEntropyGradient(logits.data(), labels.data(), 2, 2, 1, gradient.data());
  EXPECT_EQ(gradient, (std::vector<float>{0, 0, 0.25f, -0.25f}));
}

}  // namespace
}  // namespace ablate::models
