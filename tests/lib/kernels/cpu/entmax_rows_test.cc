#include "lib/kernels/cpu/entmax_rows.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <random>
#include <vector>

#include "lib/normalizers/reference/entmax_reference.h"
#include "tests/lib/kernels/cpu/instruction_sets.h"

namespace ablate::kernels {
namespace {

using normalizers::EntmaxGradientReference;
using normalizers::EntmaxGradients;
using normalizers::EntmaxReference;
using normalizers::EntmaxRow;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Rows that have found errors in implementations of entmax.
enum class Kind {
  kNormal,
  kWide,
  kShifted,
  kEqual,
  kTwoValues,
  kSpike49,
  kSpike9,
  kSpike3,
  kMasked,
  kHuge,
  kTiny,
  kLast = kTiny
};

std::vector<float> MakeRow(Kind kind, int keys, std::mt19937& random) {
  std::normal_distribution<float> normal;
  std::vector<float> row(keys);
  for (int i = 0; i < keys; ++i) {
    const float x = normal(random);
    switch (kind) {
      case Kind::kNormal:
        row[i] = 1.5f * x;
        break;
      case Kind::kWide:
        row[i] = 20 * x;
        break;
      case Kind::kShifted:
        row[i] = 1e4f + x;
        break;
      case Kind::kEqual:
        row[i] = .25f;
        break;
      case Kind::kTwoValues:
        row[i] = x > 0;
        break;
      case Kind::kSpike49:
        row[i] = i == keys / 2 ? 1.f : .51f;
        break;
      case Kind::kSpike9:
        row[i] = i == keys / 2 ? 1.f : .1f;
        break;
      case Kind::kSpike3:
        row[i] = i == keys / 2 ? 1.f : -2.f;
        break;
      case Kind::kMasked:
        row[i] = x > .3f && i != 0 ? -kInfinity : x;
        break;
      case Kind::kHuge:
        row[i] = 1e30f * x;
        break;
      case Kind::kTiny:
        row[i] = 1e-30f * x;
        break;
    }
  }
  return row;
}

class EntmaxRows : public OnInstructionSet {};

template <class Out, class In>
std::vector<Out> As(const std::vector<In>& values) {
  return std::vector<Out>(values.begin(), values.end());
}

// Whether a key is so near the edge of the support that float32 can't know its weight's derivative (mathematics: min |w| <
// 2^-7).
bool NearEdge(const std::vector<float>& scores, const EntmaxRow& row, double d) {
  for (float z : scores) {
    if (d > 0 && z > -kInfinity && std::fabs(d * (z - row.threshold)) < 0x1p-7) return true;
  }
  return false;
}

struct Worst {
  double p = 0, sum = 0, mismatched = 0, scores = 0, alpha = 0, alpha_to_reference = 0;
};

// A row, its upstream gradient, and what it should be.
struct Checked {
  Checked(const std::vector<float>& scores, float alpha_minus_one, std::mt19937& random)
      : z(scores), g(scores.size()), d(alpha_minus_one), reference(EntmaxReference(As<double>(z), d)) {
    std::normal_distribution<float> normal;
    for (float& x : g) x = normal(random);
    exact = EntmaxGradientReference(reference.p, As<double>(g), d);
  }

  std::vector<float> z, g;
  float d;
  EntmaxRow reference;
  EntmaxGradients exact;
};

void Compare(const Checked& row, Worst& worst) {
  const int keys = row.z.size();
  std::vector<float> p(keys, -1), dz(keys, -1);
  float in_alpha = -1;
  ASSERT_TRUE(EntmaxRowsForward(row.z.data(), &row.d, 1, keys, p.data()).ok());
  ASSERT_TRUE(EntmaxRowsBackward(p.data(), row.g.data(), &row.d, 1, keys, dz.data(), &in_alpha).ok());
  const EntmaxGradients own = EntmaxGradientReference(As<double>(p), As<double>(row.g), row.d);
  double sum = 0;
  for (int i = 0; i < keys; ++i) {
    const double right = row.reference.p[i];
    sum += p[i];
    worst.p = std::max(worst.p, std::fabs(p[i] - right));
    if ((p[i] > 0) != (right > 0)) worst.mismatched = std::max({worst.mismatched, double{p[i]}, right});
    worst.scores = std::max(worst.scores, std::fabs(dz[i] - own.scores[i]));
    EXPECT_TRUE(p[i] > 0 || dz[i] == 0);
  }
  worst.sum = std::max(worst.sum, std::fabs(sum - 1));
  worst.alpha = std::max(worst.alpha, std::fabs(in_alpha - own.alpha) / std::max(1., own.alpha_scale));
  if (row.d <= .5f || !NearEdge(row.z, row.reference, row.d)) {
    const double error = std::fabs(in_alpha - row.exact.alpha) / std::max(1., row.exact.alpha_scale);
    worst.alpha_to_reference = std::max(worst.alpha_to_reference, error);
  }
}

// Bounds: ../mathematics, "what float32 can reach"; dz against the formula at the own p has no more than the rounding of s, g
// and their mean: 8 units of 2^-24 at |s g| up to 5.
void ExpectExact(const Worst& worst) {
  EXPECT_LE(worst.p, 5e-7);
  EXPECT_LE(worst.sum, 2e-6);
  EXPECT_LE(worst.mismatched, 5e-7);
  EXPECT_LE(worst.scores, 2.5e-6);
  EXPECT_LE(worst.alpha, 5e-6);
  EXPECT_LE(worst.alpha_to_reference, 5e-6);
}

TEST(EntmaxRowsInFloat, AsExactAsFloatCanBe) {
  for (float alpha : {1.f, 1.f + 0x1p-23f, 1.00001f, 1.001f, 1.01f, 1.05f, 1.25f, 1.5f, 1.75f, 1.99f, 2.f}) {
    std::map<InstructionSet, Worst> worst;
    std::mt19937 random(1);
    for (int keys : {1, 2, 3, 7, 15, 16, 17, 33, 64, 100, 128, 129, 512, 1000, 4096, 8192}) {
      for (int kind = 0; kind <= static_cast<int>(Kind::kLast); ++kind) {
        if (keys > 1000 && kind % 3 != keys / 4096 % 3) continue;  // the reference takes long
        const Checked row(MakeRow(static_cast<Kind>(kind), keys, random), alpha - 1, random);
        for (InstructionSet set : InstructionSets()) {
          UseInstructionSet(set);
          Compare(row, worst[set]);
        }
      }
    }
    for (const auto& [set, errors] : worst) {
      SCOPED_TRACE(NameOf(set));
      std::printf("%-8s alpha %-8g p %.2g  sum %.2g  support %.2g  dz %.2g  dalpha %.2g, to the reference %.2g\n", NameOf(set),
                  alpha, errors.p, errors.sum, errors.mismatched, errors.scores, errors.alpha, errors.alpha_to_reference);
      ExpectExact(errors);
    }
  }
  UseInstructionSet(WidestInstructionSet());
}

TEST_P(EntmaxRows, DoubleAgreesWithTheReference) {
  std::mt19937 random(2);
  double worst = 0;
  for (double d : {0., 1e-30, 1e-6, .01, .3, .5, .9, 1.}) {
    for (int keys : {1, 5, 40, 700}) {
      const std::vector<double> z = As<double>(MakeRow(Kind::kNormal, keys, random));
      std::vector<double> p(keys);
      ASSERT_TRUE(EntmaxRowsForward(z.data(), &d, 1, keys, p.data()).ok());
      const EntmaxRow reference = EntmaxReference(z, d);
      for (int i = 0; i < keys; ++i) worst = std::max(worst, std::fabs(p[i] - reference.p[i]));
    }
  }
  EXPECT_LE(worst, 2e-14);  // 1e-16 in the sums, times up to 64 from log p where d is small
}

const double kExact = 3 * std::numeric_limits<float>::epsilon();

struct Case {
  const char* name;
  float alpha;
  std::vector<float> scores, expected;
};
const Case kCases[] = {
    {"TieSharesMass", 1.5, {3, 3}, {.5, .5}},
    {"MaskedIsZero", 1.5, {-kInfinity, 7}, {0, 1}},
    {"NoKeys", 1.5, {-kInfinity, -kInfinity}, {0, 0}},
    {"SoftmaxOfLogarithms", 1, {0, std::log(3.f)}, {.25, .75}},
    {"SparsemaxIsAProjection", 2, {1, .5, -1}, {.75, .25, 0}},
    {"SparsemaxCutsAtTheEdge", 2, {1, 0}, {1, 0}},
    {"Entmax15CutsAtTheEdge", 1.5, {2, 0}, {1, 0}},
    {"OneKey", 1.3, {-5}, {1}},
};

TEST_P(EntmaxRows, KnownRows) {
  for (const Case& c : kCases) {
    std::vector<float> p(c.scores.size(), -1);
    const float d = c.alpha - 1;
    ASSERT_TRUE(EntmaxRowsForward(c.scores.data(), &d, 1, c.scores.size(), p.data()).ok());
    for (size_t i = 0; i < p.size(); ++i) EXPECT_NEAR(p[i], c.expected[i], kExact) << c.name << ", key " << i;
  }
}

// Rows of all kinds with alphas of all paths, side by side and each alone, with the same bits.
TEST_P(EntmaxRows, ARowKnowsNothingOfItsNeighbours) {
  constexpr float kAlphas[] = {.5f, .3f, 1, 0, .7f, .3f, .3f, 1, .5f, .01f, .9f, 1e-7f};
  constexpr int kRows = 83;
  std::mt19937 random(3);
  for (int keys : {1, 16, 77, 128, 131, 600, 8300}) {
    std::vector<float> z, g(kRows * keys), d(kRows);
    for (int row = 0; row < kRows; ++row) {
      d[row] = kAlphas[row < 24 ? row % 12 : random() % 12];
      const Kind kind = static_cast<Kind>(random() % (static_cast<int>(Kind::kLast) + 1));
      for (float x : MakeRow(kind, keys, random)) z.push_back(x);
    }
    for (float& x : g) x = std::normal_distribution<float>()(random);
    z[40 * keys + keys / 2] = std::nanf("");
    std::fill_n(&z[41 * keys], keys, -kInfinity);
    std::vector<float> p(kRows * keys), dz(p), in_alpha(kRows), alone_p(keys), alone_dz(keys);
    ASSERT_TRUE(EntmaxRowsForward(z.data(), d.data(), kRows, keys, p.data()).ok());
    ASSERT_TRUE(EntmaxRowsBackward(p.data(), g.data(), d.data(), kRows, keys, dz.data(), in_alpha.data()).ok());
    // An array may hold trials that learn alpha beside others that don't.
    std::vector<float> dz_only(kRows * keys);
    float* const unwanted = nullptr;
    ASSERT_TRUE(EntmaxRowsBackward(p.data(), g.data(), d.data(), kRows, keys, dz_only.data(), unwanted).ok());
    EXPECT_EQ(std::memcmp(dz.data(), dz_only.data(), sizeof(float) * dz.size()), 0) << keys << " keys";
    for (int row = 0; row < kRows; ++row) {
      const int at = row * keys;
      float alone = 0;
      ASSERT_TRUE(EntmaxRowsForward(&z[at], &d[row], 1, keys, alone_p.data()).ok());
      ASSERT_TRUE(EntmaxRowsBackward(alone_p.data(), &g[at], &d[row], 1, keys, alone_dz.data(), &alone).ok());
      EXPECT_EQ(std::memcmp(&p[at], alone_p.data(), sizeof(float) * keys), 0) << row << " of " << keys << " keys";
      EXPECT_EQ(std::memcmp(&dz[at], alone_dz.data(), sizeof(float) * keys), 0) << row << " of " << keys << " keys";
      EXPECT_EQ(std::memcmp(&in_alpha[row], &alone, sizeof alone), 0) << row << " of " << keys << " keys";
      EXPECT_EQ(std::isnan(p[at]), row == 40);
      EXPECT_EQ(std::isnan(dz[at]), row == 40);
      EXPECT_EQ(std::isnan(in_alpha[row]), row == 40);
    }
    for (int i = 41 * keys; i < 42 * keys; ++i) EXPECT_TRUE(p[i] == 0 && dz[i] == 0);
    EXPECT_EQ(in_alpha[41], 0);
  }
}

// Scores, and gradients of the loss, in bfloat16: widened exactly, computed as in float, rounded at the end.
TEST_P(EntmaxRows, Bfloat16IsFloatRounded) {
  constexpr int kRows = 37;
  std::mt19937 random(5);
  for (int keys : {1, 16, 45, 300}) {
    std::vector<Bfloat16> z(kRows * keys), g(z), dz(z);
    std::vector<float> wide_z(kRows * keys), wide_g(wide_z), wide_dz(wide_z), p(wide_z), wide_p(wide_z), d(kRows);
    std::vector<float> in_alpha(kRows), wide_in_alpha(kRows);
    const auto widen = [](Bfloat16 x) {
      const uint32_t bits = uint32_t{x.bits} << 16;
      float wide;
      std::memcpy(&wide, &bits, sizeof wide);
      return wide;
    };
    for (int row = 0; row < kRows; ++row) d[row] = std::vector<float>{0, .2f, .5f, .8f, 1}[row % 5];
    for (int i = 0; i < kRows * keys; ++i) {
      z[i].bits = random() % 0x300 + (random() % 2 ? 0x3e00 : 0xbe00);  // 0.1 to 8
      g[i].bits = random() % 0x300 + (random() % 2 ? 0x3e00 : 0xbe00);
      wide_z[i] = widen(z[i]), wide_g[i] = widen(g[i]);
    }
    ASSERT_TRUE(EntmaxRowsForward(z.data(), d.data(), kRows, keys, p.data()).ok());
    ASSERT_TRUE(EntmaxRowsForward(wide_z.data(), d.data(), kRows, keys, wide_p.data()).ok());
    EXPECT_EQ(p, wide_p);
    ASSERT_TRUE(EntmaxRowsBackward(p.data(), g.data(), d.data(), kRows, keys, dz.data(), in_alpha.data()).ok());
    ASSERT_TRUE(EntmaxRowsBackward(p.data(), wide_g.data(), d.data(), kRows, keys, wide_dz.data(), wide_in_alpha.data()).ok());
    EXPECT_EQ(in_alpha, wide_in_alpha);
    for (int i = 0; i < kRows * keys; ++i) EXPECT_NEAR(widen(dz[i]), wide_dz[i], std::fabs(wide_dz[i]) * 0x1p-8);
  }
}

TEST_P(EntmaxRows, NaNAndInfinityAreSeen) {
  const float nan = std::nanf("");
  for (float d : {0.f, .3f, .5f, 1.f}) {
    for (const std::vector<float>& z : {std::vector<float>{nan, nan}, {1, nan}, {-kInfinity, nan}, {kInfinity, 1}}) {
      std::vector<float> p(2, -1);
      ASSERT_TRUE(EntmaxRowsForward(z.data(), &d, 1, 2, p.data()).ok());
      EXPECT_TRUE(std::isnan(p[0]) && std::isnan(p[1])) << z[0] << " " << z[1];
    }
  }
  const std::vector<float> z = {1, 2};
  std::vector<float> p(2);
  ASSERT_TRUE(EntmaxRowsForward(z.data(), &nan, 1, 2, p.data()).ok());
  EXPECT_TRUE(std::isnan(p[0]));
}

TEST_P(EntmaxRows, RefusesOtherAlphas) {
  const std::vector<float> z = {1, 2, 3, 4};
  std::vector<float> p(4);
  for (const std::vector<float>& d : {std::vector<float>{.5f, 1.01f}, {.5f, -1e-6f}}) {
    const absl::Status status = EntmaxRowsForward(z.data(), d.data(), 2, 2, p.data());
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_NE(status.message().find("row 1: alpha is "), std::string::npos) << status;
    EXPECT_FALSE(EntmaxRowsBackward(p.data(), z.data(), d.data(), 2, 2, p.data(), static_cast<float*>(nullptr)).ok());
  }
}

TEST_P(EntmaxRows, NothingToDo) {
  EXPECT_TRUE(EntmaxRowsForward<float>(nullptr, nullptr, 0, 5, nullptr).ok());
  const float d = .5f;
  EXPECT_TRUE(EntmaxRowsForward<float>(nullptr, &d, 1, 0, nullptr).ok());
}

INSTANTIATE_TEST_SUITE_P(OnEvery, EntmaxRows, ::testing::ValuesIn(InstructionSets()),
                         [](const auto& info) { return NameOf(info.param); });

}  // namespace
}  // namespace ablate::kernels
