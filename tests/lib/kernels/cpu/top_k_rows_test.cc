#include "lib/kernels/cpu/top_k_rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "lib/normalizers/reference/entmax_reference.h"
#include "tests/lib/kernels/cpu/instruction_sets.h"

namespace ablate::kernels {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

class TopKRows : public OnInstructionSet {};

// Scores that make a search by guessing go wrong.
enum class Kind { kNormal, kTies, kMasked, kSpread, kZeros, kHuge, kEqual, kLast = kEqual };

float MakeScore(Kind kind, std::mt19937& random) {
  const float x = std::normal_distribution<float>()(random);
  switch (kind) {
    case Kind::kNormal:
      return x;
    case Kind::kTies:
      return std::round(2 * x) / 2;
    case Kind::kMasked:
      return random() % 3 == 0 ? -kInfinity : x;
    case Kind::kSpread:
      return (random() % 2 ? 1.f : -1.f) * std::exp(15 * x);
    case Kind::kZeros:
      return random() % 3 == 0 ? -0.f : random() % 2 ? 0.f : 1e-42f * static_cast<float>(random() % 5);
    case Kind::kHuge:
      return 3.4e38f * std::tanh(x);
    case Kind::kEqual:
      return -1;
  }
  return 0;
}

// The definition: ties rank by key, masked keys have no rank.
std::vector<float> KeepBySorting(const float* scores, int keys, int64_t kept) {
  std::vector<int> order;
  for (int key = 0; key < keys; ++key) {
    if (scores[key] > -kInfinity) order.push_back(key);
  }
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return scores[a] > scores[b]; });
  if (kept < static_cast<int64_t>(order.size())) order.resize(kept);
  std::vector<float> row(keys, -kInfinity);
  for (int key : order) row[key] = scores[key];
  return row;
}

struct Rows {
  int keys;
  std::vector<float> scores;
  std::vector<int64_t> kept;

  int count() const { return static_cast<int>(kept.size()); }
  const float* row(int i) const { return &scores[i * keys]; }
};

Rows MakeRows(int count, int keys, std::mt19937& random) {
  Rows rows{keys, std::vector<float>(count * keys), std::vector<int64_t>(count)};
  for (int row = 0; row < count; ++row) {
    const Kind kind = static_cast<Kind>(random() % (static_cast<int>(Kind::kLast) + 1));
    for (int key = 0; key < keys; ++key) rows.scores[row * keys + key] = MakeScore(kind, random);
    rows.kept[row] = 1 + (random() % 2 ? random() % 40 : random() % (keys + 3));
  }
  return rows;
}

// Below, at and above the lengths from which on rows go other ways.
const int kLengths[] = {1, 2, 15, 16, 17, 64, 100, 128, 255, 256, 257, 300, 512, 1000, 1024, 1100, 4096};

TEST_P(TopKRows, KeepsTheHighestKeys) {
  std::mt19937 random(1);
  for (int keys : kLengths) {
    for (int trial = 0; trial < (keys > 600 ? 2 : 12); ++trial) {
      Rows rows = MakeRows(1 + static_cast<int>(random() % 40), keys, random);
      rows.kept[0] = 0;
      std::vector<float> kept = rows.scores;
      ASSERT_TRUE(KeepHighestRows(rows.kept.data(), rows.count(), keys, kept.data()).ok());
      for (int i = 0; i < rows.count(); ++i) {
        const std::vector<float> expected = KeepBySorting(rows.row(i), keys, rows.kept[i]);
        ASSERT_EQ(std::memcmp(&kept[i * keys], expected.data(), sizeof(float) * keys), 0)
            << "row " << i << " of " << keys << " keys, " << rows.kept[i] << " kept";
      }
    }
  }
}

std::vector<double> ReferenceOf(const Rows& rows, int row) {
  const std::vector<float> kept = KeepBySorting(rows.row(row), rows.keys, rows.kept[row]);
  return normalizers::EntmaxReference(std::vector<double>(kept.begin(), kept.end()), 0).p;
}

// Bounds: ../mathematics, "what float32 can reach". The gradient p (g - mean) at the own p has 8 roundings of 2^-24 at |g| up
// to 5.
TEST_P(TopKRows, SoftmaxAndItsGradientAreExact) {
  std::mt19937 random(2);
  for (int keys : kLengths) {
    const Rows rows = MakeRows(keys > 600 ? 20 : 60, keys, random);
    std::vector<float> p(rows.scores.size(), -1), g(p.size()), dz(p.size(), -1);
    for (float& x : g) x = std::normal_distribution<float>()(random);
    ASSERT_TRUE(TopKSoftmaxRowsForward(rows.scores.data(), rows.kept.data(), rows.count(), keys, p.data()).ok());
    ASSERT_TRUE(TopKSoftmaxRowsBackward(p.data(), g.data(), rows.count(), keys, dz.data()).ok());
    for (int i = 0; i < rows.count(); ++i) {
      const std::vector<double> expected = ReferenceOf(rows, i);
      double mean = 0;
      for (int key = 0; key < keys; ++key) mean += double{p[i * keys + key]} * g[i * keys + key];
      for (int key = 0; key < keys; ++key) {
        const int at = i * keys + key;
        ASSERT_NEAR(p[at], expected[key], 5e-7) << "key " << key << " of row " << i << ", " << keys << " keys";
        if (expected[key] == 0) {
          ASSERT_EQ(p[at], 0);
        }
        ASSERT_NEAR(dz[at], p[at] * (g[at] - mean), 2.5e-6);
        if (p[at] == 0) {
          ASSERT_EQ(dz[at], 0);
        }
      }
    }
  }
}

TEST_P(TopKRows, ARowKnowsNothingOfItsNeighbours) {
  std::mt19937 random(3);
  for (int keys : kLengths) {
    Rows rows = MakeRows(37, keys, random);
    std::fill_n(&rows.scores[11 * keys], keys, -kInfinity);
    rows.scores[12 * keys + keys / 2] = std::nanf("");
    rows.scores[13 * keys + keys / 2] = kInfinity;
    std::vector<float> p(rows.scores.size()), dz(p.size()), g(p.size()), alone_p(keys), alone_dz(keys), kept = rows.scores;
    for (float& x : g) x = std::normal_distribution<float>()(random);
    ASSERT_TRUE(TopKSoftmaxRowsForward(rows.scores.data(), rows.kept.data(), rows.count(), keys, p.data()).ok());
    ASSERT_TRUE(TopKSoftmaxRowsBackward(p.data(), g.data(), rows.count(), keys, dz.data()).ok());
    ASSERT_TRUE(KeepHighestRows(rows.kept.data(), rows.count(), keys, kept.data()).ok());
    for (int i = 0; i < rows.count(); ++i) {
      std::vector<float> alone_kept(rows.row(i), rows.row(i) + keys);
      ASSERT_TRUE(TopKSoftmaxRowsForward(rows.row(i), &rows.kept[i], 1, keys, alone_p.data()).ok());
      ASSERT_TRUE(TopKSoftmaxRowsBackward(alone_p.data(), &g[i * keys], 1, keys, alone_dz.data()).ok());
      ASSERT_TRUE(KeepHighestRows(&rows.kept[i], 1, keys, alone_kept.data()).ok());
      EXPECT_EQ(std::memcmp(&p[i * keys], alone_p.data(), sizeof(float) * keys), 0) << i << " of " << keys << " keys";
      EXPECT_EQ(std::memcmp(&dz[i * keys], alone_dz.data(), sizeof(float) * keys), 0) << i << " of " << keys << " keys";
      EXPECT_EQ(std::memcmp(&kept[i * keys], alone_kept.data(), sizeof(float) * keys), 0) << i << " of " << keys << " keys";
      EXPECT_EQ(std::isnan(p[i * keys]), i == 12 || i == 13);
      EXPECT_EQ(std::isnan(dz[i * keys]), i == 12 || i == 13);
    }
    for (int key = 0; key < keys; ++key) EXPECT_TRUE(p[11 * keys + key] == 0 && dz[11 * keys + key] == 0);
  }
}

// A NaN ranks highest, so that it is not hidden; infinity is next.
TEST_P(TopKRows, NaNAndInfinityRankHighest) {
  const float nan = std::nanf("");
  std::vector<float> row = {1, nan, kInfinity, 2, nan};
  const int64_t kept = 3;
  ASSERT_TRUE(KeepHighestRows(&kept, 1, 5, row.data()).ok());
  EXPECT_TRUE(std::isnan(row[1]) && std::isnan(row[4]));
  EXPECT_EQ((std::vector<float>{row[0], row[2], row[3]}), (std::vector<float>{-kInfinity, kInfinity, -kInfinity}));
}

// Rows too long for many at once.
TEST_P(TopKRows, VeryLongRows) {
  std::mt19937 random(4);
  Rows rows{20000, std::vector<float>(20000), {100}};
  for (float& x : rows.scores) x = MakeScore(Kind::kTies, random);
  std::vector<float> p(rows.keys), kept = rows.scores;
  ASSERT_TRUE(TopKSoftmaxRowsForward(rows.scores.data(), rows.kept.data(), 1, rows.keys, p.data()).ok());
  ASSERT_TRUE(KeepHighestRows(rows.kept.data(), 1, rows.keys, kept.data()).ok());
  EXPECT_EQ(kept, KeepBySorting(rows.row(0), rows.keys, rows.kept[0]));
  const std::vector<double> expected = ReferenceOf(rows, 0);
  for (int key = 0; key < rows.keys; ++key) ASSERT_NEAR(p[key], expected[key], 5e-7);
}

// Widened exactly, computed as in float, gradients rounded at the end. With seven bits of mantissa most rows have ties.
TEST_P(TopKRows, Bfloat16IsFloatRounded) {
  const auto widen = [](Bfloat16 x) {
    const uint32_t bits = uint32_t{x.bits} << 16;
    float wide;
    std::memcpy(&wide, &bits, sizeof wide);
    return wide;
  };
  constexpr int kRows = 37;
  std::mt19937 random(5);
  for (int keys : {1, 16, 45, 300, 1100}) {
    std::vector<Bfloat16> z(kRows * keys), g(z), dz(z);
    std::vector<float> wide_z(kRows * keys), wide_g(wide_z), wide_dz(wide_z), p(wide_z), wide_p(wide_z);
    const std::vector<int64_t> kept(kRows, 7);
    for (int i = 0; i < kRows * keys; ++i) {
      z[i].bits = random() % 0x300 + (random() % 2 ? 0x3e00 : 0xbe00);  // 0.1 to 8
      g[i].bits = random() % 0x300 + (random() % 2 ? 0x3e00 : 0xbe00);
      wide_z[i] = widen(z[i]), wide_g[i] = widen(g[i]);
    }
    ASSERT_TRUE(TopKSoftmaxRowsForward(z.data(), kept.data(), kRows, keys, p.data()).ok());
    ASSERT_TRUE(TopKSoftmaxRowsForward(wide_z.data(), kept.data(), kRows, keys, wide_p.data()).ok());
    EXPECT_EQ(p, wide_p);
    ASSERT_TRUE(TopKSoftmaxRowsBackward(p.data(), g.data(), kRows, keys, dz.data()).ok());
    ASSERT_TRUE(TopKSoftmaxRowsBackward(p.data(), wide_g.data(), kRows, keys, wide_dz.data()).ok());
    for (int i = 0; i < kRows * keys; ++i) EXPECT_NEAR(widen(dz[i]), wide_dz[i], std::fabs(wide_dz[i]) * 0x1p-8);
  }
}

TEST_P(TopKRows, DoubleAgreesWithTheReference) {
  std::mt19937 random(6);
  const Rows rows = MakeRows(30, 70, random);
  const std::vector<double> scores(rows.scores.begin(), rows.scores.end());
  std::vector<double> p(scores.size()), kept = scores;
  ASSERT_TRUE(TopKSoftmaxRowsForward(scores.data(), rows.kept.data(), rows.count(), rows.keys, p.data()).ok());
  ASSERT_TRUE(KeepHighestRows(rows.kept.data(), rows.count(), rows.keys, kept.data()).ok());
  for (int i = 0; i < rows.count(); ++i) {
    const std::vector<float> expected = KeepBySorting(rows.row(i), rows.keys, rows.kept[i]);
    const std::vector<double> reference = ReferenceOf(rows, i);
    for (int key = 0; key < rows.keys; ++key) {
      EXPECT_EQ(kept[i * rows.keys + key], expected[key]);
      EXPECT_NEAR(p[i * rows.keys + key], reference[key], 1e-15 * rows.keys);
    }
  }
}

TEST_P(TopKRows, RefusesToKeepNone) {
  const float z = 1;
  float p = -1;
  const int64_t none = 0;
  const absl::Status status = TopKSoftmaxRowsForward(&z, &none, 1, 1, &p);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "row 0: 0 keys are kept; at least 1 is needed");
  EXPECT_TRUE(TopKSoftmaxRowsForward<float>(nullptr, nullptr, 0, 5, nullptr).ok());
}

INSTANTIATE_TEST_SUITE_P(OnEvery, TopKRows, ::testing::ValuesIn(InstructionSets()),
                         [](const auto& info) { return NameOf(info.param); });

}  // namespace
}  // namespace ablate::kernels
