// The CUDA kernels on the CPU, by emulation: their numbers, and that no thread races with another.

// clang-format off
#include "lib/testing/cuda_on_cpu.h"  // the words that the kernels are written in: first
#include "lib/kernels/cuda/entmax_rows.cuh"
// clang-format on

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "lib/normalizers/reference/entmax_reference.h"

namespace ablate::kernels::cuda {
namespace {

using normalizers::EntmaxGradientReference;
using normalizers::EntmaxGradients;
using normalizers::EntmaxReference;

struct Result {
  std::vector<float> p, dz, in_alpha;
};

struct Rows {
  std::vector<float> scores, gradients, d;
  int keys;

  std::vector<float> Row(const std::vector<float>& values, size_t row) const {
    return {values.begin() + row * keys, values.begin() + (row + 1) * keys};
  }
};

Result Compute(const Rows& rows) {
  Result result{std::vector<float>(rows.scores.size(), -1), std::vector<float>(rows.scores.size(), -1),
                std::vector<float>(rows.d.size(), -1)};
  const long long count = static_cast<long long>(rows.d.size());
  EXPECT_TRUE(EntmaxRowsForward({rows.scores.data(), rows.d.data(), count, rows.keys, result.p.data()}, nullptr));
  EXPECT_TRUE(EntmaxRowsBackward(
      {result.p.data(), rows.gradients.data(), rows.d.data(), count, rows.keys, result.dz.data(), result.in_alpha.data()},
      nullptr));
  return result;
}

// Seven rows, no multiple of the rows of a block: normal, wide, near 1e4, equal, masked in three ways.
Rows MakeRows(int keys, const std::vector<float>& d, std::mt19937& random) {
  std::normal_distribution<float> normal;
  Rows rows{std::vector<float>(7 * keys), std::vector<float>(7 * keys), d, keys};
  for (int i = 0; i < 7 * keys; ++i) {
    const int row = i / keys;
    rows.scores[i] = normal(random) * (row == 1 ? 20.f : 1.5f) + (row == 2 ? 1e4f : 0.f);
    rows.gradients[i] = normal(random);
    if (row == 3) rows.scores[i] = .25f;
    if ((row == 4 && i % 3 != 0) || row == 5 || (row == 6 && i % keys > keys / 2)) rows.scores[i] = -INFINITY;
  }
  return rows;
}

bool SameBits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), sizeof(float) * a.size()) == 0;
}

struct Worst {
  double p = 0, sum = 0, scores = 0, alpha = 0;
};

void Compare(const Rows& rows, const Result& result, Worst& worst) {
  for (size_t row = 0; row < rows.d.size(); ++row) {
    const std::vector<float> z = rows.Row(rows.scores, row), g = rows.Row(rows.gradients, row), p = rows.Row(result.p, row),
                             dz = rows.Row(result.dz, row);
    const std::vector<double> gradients(g.begin(), g.end());
    const auto exact = EntmaxReference({z.begin(), z.end()}, rows.d[row]).p;
    const EntmaxGradients own = EntmaxGradientReference({p.begin(), p.end()}, gradients, rows.d[row]);
    double sum = 0, mass = 0;
    for (int i = 0; i < rows.keys; ++i) {
      sum += p[i], mass += exact[i];
      worst.p = std::max(worst.p, std::fabs(p[i] - exact[i]));
      worst.scores = std::max(worst.scores, std::fabs(dz[i] - own.scores[i]));
      EXPECT_TRUE(p[i] > 0 || dz[i] == 0);
      EXPECT_TRUE(z[i] > -INFINITY || p[i] == 0);
    }
    worst.sum = std::max(worst.sum, std::fabs(sum - (mass > 0)));
    worst.alpha = std::max(worst.alpha, std::fabs(result.in_alpha[row] - own.alpha) / std::max(1., own.alpha_scale));
  }
}

// The bounds of the CPU's kernel; s and its sums come from the same functions of the C library here, the GPU's differ in last
// bits.
TEST(EntmaxRowsOnCuda, AsExactAsFloatCanBe) {
  std::mt19937 random(1);
  Worst worst;
  for (int keys : {1, 2, 31, 32, 33, 127, 128, 129, 512, 513, 2048, 2049, 5000}) {
    for (const std::vector<float>& d :
         {std::vector<float>{0, .001f, .1f, .25f, .5f, .75f, 1}, {1, .5f, 1e-5f, 0, .3f, .9f, .99f}}) {
      const Rows rows = MakeRows(keys, d, random);
      Compare(rows, Compute(rows), worst);
    }
  }
  std::printf("largest errors: p %.2g, sum %.2g, dz %.2g, dalpha %.2g\n", worst.p, worst.sum, worst.scores, worst.alpha);
  EXPECT_LE(worst.p, 5e-7);
  EXPECT_LE(worst.sum, 2e-6);
  EXPECT_LE(worst.scores, 2.5e-6);
  EXPECT_LE(worst.alpha, 5e-6);
}

TEST(EntmaxRowsOnCuda, OrderOfThreadsDoesNotMatter) {
  std::mt19937 random(2);
  for (int keys : {20, 300, 1000, 3000}) {
    const Rows rows = MakeRows(keys, {0, .1f, .5f, .7f, 1, .2f, .3f}, random);
    const Result forwards = Compute(rows);
    testing::last_first = true;
    const Result backwards = Compute(rows);
    testing::last_first = false;
    EXPECT_TRUE(SameBits(forwards.p, backwards.p) && SameBits(forwards.dz, backwards.dz) &&
                SameBits(forwards.in_alpha, backwards.in_alpha))
        << keys;
  }
}

TEST(EntmaxRowsOnCuda, ARowKnowsNothingOfItsNeighbours) {
  std::mt19937 random(3);
  Rows rows = MakeRows(50, {0, .1f, .5f, .7f, 1, .2f, .3f}, random);
  const Result before = Compute(rows);
  rows.scores[2 * 50 + 7] = NAN;
  rows.scores[3 * 50] = INFINITY;
  rows.d[4] = NAN;
  rows.d[6] = 1.5f;
  const Result after = Compute(rows);
  for (size_t row = 0; row < 7; ++row) {
    if (row == 2 || row == 3 || row == 4 || row == 6) {
      for (float p : rows.Row(after.p, row)) EXPECT_TRUE(std::isnan(p)) << row;
      EXPECT_TRUE(std::isnan(after.dz[row * 50])) << row;
    } else {
      EXPECT_TRUE(SameBits(rows.Row(before.p, row), rows.Row(after.p, row)));
      EXPECT_TRUE(SameBits(rows.Row(before.dz, row), rows.Row(after.dz, row)));
    }
  }
}

TEST(EntmaxRowsOnCuda, WithoutGradientInAlpha) {
  std::mt19937 random(4);
  const Rows rows = MakeRows(40, {0, .1f, .5f, .7f, 1, .2f, .3f}, random);
  const Result result = Compute(rows);
  std::vector<float> dz(rows.scores.size());
  EXPECT_TRUE(EntmaxRowsBackward({result.p.data(), rows.gradients.data(), rows.d.data(), 7, 40, dz.data(), nullptr}, nullptr));
  EXPECT_TRUE(SameBits(dz, result.dz));
}

TEST(EntmaxRowsOnCuda, RefusesShapes) {
  EXPECT_FALSE(EntmaxRowsForward({nullptr, nullptr, 1, kMaxKeys + 1, nullptr}, nullptr));
  EXPECT_FALSE(EntmaxRowsForward({nullptr, nullptr, 0, 4, nullptr}, nullptr));
  EXPECT_FALSE(EntmaxRowsBackward({nullptr, nullptr, nullptr, 1, kMaxKeys + 1, nullptr, nullptr}, nullptr));
}

}  // namespace
}  // namespace ablate::kernels::cuda
