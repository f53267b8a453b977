#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <limits>

#include "lib/models/dropout_mask.h"
#include "lib/models/layers.h"
#include "lib/testing/tensor_comparison.h"

namespace ablate::models {
namespace {

using at::Tensor;
using testing::SameBits;

constexpr int64_t kWidth = 33, kPositions = 7;

DropoutPlace PlaceOf(std::vector<uint64_t> seeds, std::vector<double> rates, std::vector<std::vector<int64_t>> examples) {
  return {std::move(seeds), std::move(rates), 12, std::move(examples), 3, kPositions};
}

DropoutPlace OneTrial() { return PlaceOf({5}, {0.3}, {{0, 1, 2, 3}}); }

Tensor Keep(const DropoutPlace& place) { return MakeDropoutMask(place, kWidth).keep; }

TEST(DropoutTest, ATrialDrawsTheSameMaskInAnyArrayAndAtAnyPlaceOfTheBatch) {
  const Tensor alone = Keep(OneTrial());
  const Tensor array = Keep(PlaceOf({9, 5, 5}, {0.5, 0.3, 0.3}, {{0, 1, 2, 3}, {0, 1, 2, 3}, {3, 2, 1, 0}}));
  EXPECT_TRUE(SameBits(alone[0], array[1]));
  const Tensor examples = alone[0].view({4, kPositions, kWidth}), reversed = array[2].view({4, kPositions, kWidth});
  for (int64_t b = 0; b < 4; ++b) EXPECT_TRUE(SameBits(examples[b], reversed[3 - b]));
  EXPECT_FALSE(SameBits(alone[0], array[0]));
}

TEST(DropoutTest, APrefixOfPositionsDrawsTheSame) {
  DropoutPlace first = OneTrial();
  first.positions = 1;
  const Tensor all = Keep(OneTrial())[0].view({4, kPositions, kWidth});
  EXPECT_TRUE(SameBits(all.select(1, 0).contiguous(), Keep(first)[0]));
}

TEST(DropoutTest, EveryCoordinateMatters) {
  const Tensor mask = Keep(OneTrial());
  DropoutPlace step = OneTrial(), site = OneTrial(), seed = OneTrial(), example = OneTrial();
  step.step = 13;
  site.site = 4;
  seed.seeds = {6};
  example.examples = {{4, 5, 6, 7}};
  for (const DropoutPlace& other : {step, site, seed, example}) EXPECT_FALSE(SameBits(mask, Keep(other)));
  const Tensor rows = mask[0];
  for (int64_t row = 1; row < rows.size(0); ++row) EXPECT_FALSE(SameBits(rows[0], rows[row])) << row;
}

TEST(DropoutTest, DropsItsShareAndKeepsTheMean) {
  DropoutPlace place = PlaceOf({5}, {0.3}, {{}});
  for (int64_t example = 0; example < 200; ++example) place.examples[0].push_back(example);
  const DropoutMask mask = MakeDropoutMask(place, kWidth);
  const double count = 200. * kPositions * kWidth, kept = mask.keep.sum().item().toDouble() / count;
  // Five standard deviations of a binomial share.
  EXPECT_NEAR(kept, 0.7, 5 * std::sqrt(0.21 / count));
  // The rate is resolved to 1/65536.
  EXPECT_NEAR(mask.scales[0].item().toDouble(), 1 / 0.7, 2. / 65536);
}

TEST(DropoutTest, ScalesWhatItKeepsForwardAndBackward) {
  const DropoutMask mask = MakeDropoutMask(OneTrial(), kWidth);
  const Tensor x = testing::RandomTensor({1, 4 * kPositions, kWidth}, 1).set_requires_grad(true);
  const Tensor y = Dropout(x, OneTrial());
  const Tensor factor = mask.keep.to(at::kFloat) * mask.scales[0];
  EXPECT_TRUE(testing::Near(y, x * factor, 0));
  const Tensor gradient = testing::RandomTensor({1, 4 * kPositions, kWidth}, 2);
  EXPECT_TRUE(testing::Near(torch::autograd::grad({y}, {x}, {gradient})[0], gradient * factor, 0));
}

TEST(DropoutTest, RatesOfZeroAndNearlyOne) {
  const Tensor x = testing::RandomTensor({2, 4 * kPositions, kWidth}, 1);
  const Tensor y = Dropout(x, PlaceOf({5, 6}, {0, 1 - 1e-9}, {{0, 1, 2, 3}, {0, 1, 2, 3}}));
  EXPECT_TRUE(SameBits(y[0], x[0]));
  EXPECT_TRUE(y[1].isfinite().all().item().toBool());
}

}  // namespace
}  // namespace ablate::models
