// The threshold search over scores that are nowhere stored: a small fused attention, as a later kernel will have it. One warp
// to a query; keys are read tile by tile into shared memory, once for each pass of the search and once for the values.
#include "tests/lib/kernels/cuda/emulated_rows.h"

namespace ablate::kernels::cuda {
namespace {

constexpr int kWidth = 8, kTile = 32;

struct Sizes {
  const float *queries, *keys, *values;  // [queries, kWidth], [key_count, kWidth] twice
  int key_count;
  float d;
  float* outputs;  // [queries, kWidth]
};

// The scores of one query, computed whenever they are asked for.
struct TiledKeys {
  const Sizes& in;
  const float* query;
  SharedPointer<float> tile;  // [kTile, kWidth + 1]

  template <class Visit>
  __device__ void ForEachKey(Visit visit) {
    const int lane = threadIdx.x;
    for (int first = 0; first < in.key_count; first += kTile) {
      __syncwarp();
      for (int i = lane; i < kTile * kWidth; i += 32) {
        const int key = first + i / kWidth;
        tile[i / kWidth * (kWidth + 1) + i % kWidth] = key < in.key_count ? in.keys[key * kWidth + i % kWidth] : 0;
      }
      __syncwarp();
      float score = 0;
      for (int c = 0; c < kWidth; ++c) score += query[c] * tile[lane * (kWidth + 1) + c];
      const bool valid = first + lane < in.key_count;
      visit(valid ? score : -INFINITY, first + lane);
    }
  }
  template <class Visit>
  __device__ void ForEach(Visit visit) {
    ForEachKey([&](float score, int) { visit(score); });
  }
  __device__ void Drop(float, float, float) {}
};

__global__ void TiledAttention(Sizes in) {
  SHARED(float, tile, kTile*(kWidth + 1));
  SHARED(float, scratch, 1);
  WarpOfRow<float> group{scratch};
  TiledKeys keys{in, in.queries + blockIdx.x * kWidth, tile};
  const Extent<float> extent = FindLargest<float>(group, keys);
  float output[kWidth] = {};
  WithCurve(in.d, [&](const auto& curve) {
    const RowState<float> state = FindState(group, keys, curve, extent.largest);
    keys.ForEachKey([&](float score, int key) {
      const float p = Probability(curve, score, state);
      if (p == 0) return;
      for (int c = 0; c < kWidth; ++c) output[c] += p * in.values[key * kWidth + c];
    });
  });
  ReduceWarp(output, Sum());
  if (threadIdx.x < kWidth) in.outputs[blockIdx.x * kWidth + threadIdx.x] = output[threadIdx.x];
}

TEST(ThresholdSearch, WorksOnScoresThatAreNeverStored) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  const int queries = 3;
  for (int key_count : {5, 32, 100}) {
    std::vector<float> q(queries * kWidth), k(key_count * kWidth), v(key_count * kWidth), out(queries * kWidth);
    for (std::vector<float>* numbers : {&q, &k, &v}) {
      for (float& x : *numbers) x = normal(random);
    }
    for (float d : {0.f, .3f, .5f, 1.f}) {
      LAUNCH(TiledAttention, queries, 32, 0, nullptr, Sizes{q.data(), k.data(), v.data(), key_count, d, out.data()});
      for (int query = 0; query < queries; ++query) {
        std::vector<double> scores(key_count);
        for (int i = 0; i < key_count * kWidth; ++i) scores[i / kWidth] += double{q[query * kWidth + i % kWidth]} * k[i];
        const auto p = normalizers::EntmaxReference(scores, d).p;
        for (int c = 0; c < kWidth; ++c) {
          double expected = 0;
          for (int i = 0; i < key_count; ++i) expected += p[i] * v[i * kWidth + c];
          // Scores of size 8 in float are off by 8 * 2^-22, probabilities and values of size 4 by less than 4 times that.
          EXPECT_NEAR(out[query * kWidth + c], expected, 1e-5);
        }
      }
    }
  }
}

}  // namespace
}  // namespace ablate::kernels::cuda
