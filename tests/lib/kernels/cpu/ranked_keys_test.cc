#include "lib/kernels/cpu/ranked_keys.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace ablate::kernels {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(RankedKeys, TiesRankByKey) {
  const std::vector<float> row = {1, 3, 3, -kInfinity, 1, 3};
  RankedKeys<float> ranked(row.size());
  ranked.Read(row.data(), row.size());
  EXPECT_EQ(ranked.count(), 5);
  const std::vector<int64_t> expected = {1, 2, 5, 0, 4};
  for (int rank = 1; rank <= 5; ++rank) EXPECT_EQ(ranked.KeyAt(rank), expected[rank - 1]) << rank;
}

TEST(RankedKeys, MinusZeroEqualsZeroAndNaNIsHighest) {
  const std::vector<float> row = {-0.f, 0.f, -1e-45f, std::nanf(""), 1e-45f, -kInfinity, kInfinity};
  RankedKeys<float> ranked(row.size());
  ranked.Read(row.data(), row.size());
  const std::vector<int64_t> expected = {3, 6, 4, 0, 1, 2};
  for (int rank = 6; rank >= 1; --rank) EXPECT_EQ(ranked.KeyAt(rank), expected[rank - 1]) << rank;
}

TEST(RankedKeys, ReadsWithAStride) {
  const std::vector<double> matrix = {1, 9, 5, 9, 3, 9};
  RankedKeys<double> ranked(3);
  ranked.Read(matrix.data(), 3, 2);
  EXPECT_EQ(ranked.KeyAt(1), 1);
  EXPECT_EQ(ranked.KeyAt(3), 0);
}

TEST(RankedKeys, KeepsNone) {
  std::vector<float> row = {1, 2};
  RankedKeys<float> ranked(2);
  ranked.Read(row.data(), 2);
  ranked.KeepHighest(0, row.data());
  EXPECT_EQ(row, (std::vector<float>{-kInfinity, -kInfinity}));
}

// On rows with many ties.
template <class Real>
void CompareWithAStableSort() {
  std::mt19937 random(1);
  RankedKeys<Real> ranked(64);
  for (int trial = 0; trial < 2000; ++trial) {
    std::vector<Real> row(1 + random() % 64);
    for (Real& x : row) x = random() % 5 == 0 ? -kInfinity : static_cast<Real>(random() % 7) - 3;
    std::vector<int64_t> order;
    for (size_t i = 0; i < row.size(); ++i) {
      if (row[i] != -kInfinity) order.push_back(i);
    }
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return row[a] > row[b]; });
    ranked.Read(row.data(), row.size());
    ASSERT_EQ(ranked.count(), static_cast<int64_t>(order.size()));
    if (order.empty()) continue;
    const int64_t rank = 1 + random() % order.size();
    ASSERT_EQ(ranked.KeyAt(rank), order[rank - 1]);
    if (rank < ranked.count()) {
      ASSERT_EQ(ranked.KeyAfter(rank), order[rank]);
    }
    std::vector<Real> kept = row;
    ranked.KeepHighest(rank, kept.data());
    for (size_t i = 0; i < order.size(); ++i) {
      const bool stays = static_cast<int64_t>(i) < rank;
      ASSERT_EQ(kept[order[i]], stays ? row[order[i]] : -kInfinity);
    }
  }
}

TEST(RankedKeys, FloatsAgreeWithAStableSort) { CompareWithAStableSort<float>(); }
TEST(RankedKeys, DoublesAgreeWithAStableSort) { CompareWithAStableSort<double>(); }

}  // namespace
}  // namespace ablate::kernels
