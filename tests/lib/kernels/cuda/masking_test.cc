// Scale, masks and top-k inside the kernel give the bits of scores that were scaled, masked and cut before.
#include <algorithm>
#include <numeric>

#include "tests/lib/kernels/cuda/emulated_rows.h"

namespace ablate::kernels::cuda {
namespace {

// 2 blocks of 3 heads of 5 queries.
constexpr int kHeads = 3, kQueries = 5, kRows = 2 * kHeads * kQueries;

Rows<float> MakeBlocks(int keys, uint32_t seed) {
  std::vector<float> d;
  for (int row = 0; row < kRows; ++row) d.push_back(std::vector<float>{.5f, 1, 0, .25f}[row % 4]);
  return MakeRows<float>(keys, d, seed);
}

struct Masks {
  std::vector<char> keys, queries;  // not 0: valid
};

Masks MakeMasks(int keys, uint32_t seed) {
  std::mt19937 random(seed);
  Masks masks;
  for (int i = 0; i < 2 * keys; ++i) masks.keys.push_back(random() % 4 != 0);
  for (int i = 0; i < 2 * kQueries; ++i) masks.queries.push_back(random() % 3 != 0);
  return masks;
}

const bool* AsBool(const std::vector<char>& values) { return reinterpret_cast<const bool*>(values.data()); }

Rows<float> ScaledAndMasked(Rows<float> rows, float scale, const Masks& masks, bool causal) {
  for (int row = 0; row < kRows; ++row) {
    const int block = row / (kHeads * kQueries), query = row % kQueries;
    for (int key = 0; key < rows.keys; ++key) {
      const bool valid = masks.keys[block * rows.keys + key] && masks.queries[block * kQueries + query] &&
                         (!causal || key <= query + rows.keys - kQueries);
      float& score = rows.scores[row * rows.keys + key];
      score = valid ? score * scale : -INFINITY;
    }
  }
  return rows;
}

TEST(MaskingOnCuda, IsThatOfScoresMaskedBefore) {
  const float scale = .3f;
  for (int keys : {3, 5, 64, 300, 1100}) {
    for (bool causal : {false, true}) {
      const Rows<float> rows = MakeBlocks(keys, keys);
      const Masks masks = MakeMasks(keys, keys + 1);
      const Result<float> expected = Compute(ScaledAndMasked(rows, scale, masks, causal));
      Result<float> result;
      ForwardRows<float> in = Describe(rows, result);
      in.scale = scale;
      in.masking = {AsBool(masks.keys), AsBool(masks.queries), kHeads * kQueries, kQueries, causal};
      EXPECT_TRUE(EntmaxRowsForward(in, nullptr));
      EXPECT_TRUE(SameBits(result.p, expected.p)) << keys;
      BackwardRows<float> back = DescribeBackward(rows, result);
      back.scale = scale;
      EXPECT_TRUE(EntmaxRowsBackward(back, nullptr));
      std::vector<float> scaled = expected.dz;
      for (float& dz : scaled) dz *= scale;
      EXPECT_TRUE(SameBits(result.dz, scaled)) << keys;
      EXPECT_TRUE(SameBits(result.in_alpha, expected.in_alpha)) << keys;
    }
  }
}

// By sorting: ties keep the lowest key, NaN ranks highest.
void KeepHighest(std::vector<float>& scores, int begin, int keys, int64_t kept) {
  std::vector<int> order(keys);
  std::iota(order.begin(), order.end(), 0);
  const auto rank = [&](int key) { return std::isnan(scores[begin + key]) ? INFINITY : scores[begin + key]; };
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return rank(a) > rank(b); });
  for (int64_t i = std::max<int64_t>(kept, 0); i < keys; ++i) scores[begin + order[i]] = -INFINITY;
}

struct Cut {
  Rows<float> rows, expected;
  std::vector<int64_t> kept;
};

Cut MakeCut(int keys) {
  Cut cut{MakeRows<float>(keys, std::vector<float>(14, 0), keys), {}, {}};
  if (keys > 8) cut.rows.scores[3] = -0.f, cut.rows.scores[5] = 0.f;
  cut.expected = cut.rows;
  const std::vector<int64_t> counts = {1, 3, keys / 2, keys - 1, keys, keys + 5, 0, 2};
  for (int row = 0; row < 14; ++row) {
    cut.kept.push_back(counts[row % counts.size()]);
    KeepHighest(cut.expected.scores, row * keys, keys, cut.kept[row]);
  }
  return cut;
}

TEST(TopKOnCuda, KeepsWhatSortingKeeps) {
  for (int keys : {1, 2, 31, 33, 64, 130, 1000, 1024, 2100}) {
    Cut cut = MakeCut(keys);
    EXPECT_TRUE(KeepHighestRows(cut.rows.scores.data(), cut.kept.data(), cut.rows.count(), keys, nullptr));
    EXPECT_TRUE(SameBits(cut.rows.scores, cut.expected.scores)) << keys;
  }
}

TEST(TopKOnCuda, ANanIsNotHidden) {
  std::vector<float> scores = {1, NAN, 3, 3};
  const int64_t kept = 2;
  EXPECT_TRUE(KeepHighestRows(scores.data(), &kept, 1, 4, nullptr));
  EXPECT_TRUE(std::isnan(scores[1]));
  EXPECT_EQ(scores[2], 3);
  EXPECT_TRUE(scores[0] == -INFINITY && scores[3] == -INFINITY);
}

// Softmax and, so that supports differ, 1.5-entmax, in each of the places where scores are kept.
TEST(TopKOnCuda, NormalizersSeeTheHighestKeysOnly) {
  for (int keys : {10, 128, 700, 1500, 25000}) {
    for (float d : {0.f, .5f}) {
      Cut cut = MakeCut(keys);
      cut.rows.d.assign(14, d), cut.expected.d.assign(14, d);
      Result<float> result;
      ForwardRows<float> in = Describe(cut.rows, result), expected = in;
      std::vector<float> p(result.p.size());
      in.kept = cut.kept.data();
      expected.scores = cut.expected.scores.data();
      expected.probabilities = p.data();
      if (keys > 1024) in.rows = expected.rows = 3;  // emulated blocks of 1024 threads are slow
      EXPECT_TRUE(EntmaxRowsForward(in, nullptr) && EntmaxRowsForward(expected, nullptr));
      EXPECT_TRUE(SameBits(result.p, p)) << keys << " keys, d " << d;
    }
  }
}

}  // namespace
}  // namespace ablate::kernels::cuda
