// What normalizers share: removal of all but the highest scores, the keys that decide a degree, entmax's support.
#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <limits>

#include "lib/normalizers/entmax_rows.h"
#include "lib/normalizers/entmax_threshold.h"
#include "lib/normalizers/highest_scores.h"
#include "lib/normalizers/ranked_pair.h"
#include "lib/normalizers/top_k_rows.h"
#include "lib/testing/tensor_comparison.h"

namespace ablate::normalizers {
namespace {

using testing::Near;
using testing::RandomTensor;
using testing::SameBits;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Ties, masked keys, rows without keys, a NaN; the sort is what runs on a GPU.
TEST(KeepHighest, SelectingAndSortingAgree) {
  at::Tensor scores = (RandomTensor({2, 3, 2, 5, 19}, 1) * 3).round() / 2;
  scores = scores.masked_fill(RandomTensor(scores.sizes(), 2).gt(.7), -kInfinity);
  scores[0][0][0][0].fill_(-kInfinity);
  scores[1][0][0][0][4].fill_(std::numeric_limits<double>::quiet_NaN());
  const at::Tensor kept = at::tensor(std::vector<int64_t>{0, 1, 4, 18, 19, 50}).reshape({2, 3, 1, 1});
  for (at::ScalarType type : {at::kFloat, at::kDouble}) {
    at::Tensor selected = scores.to(type, false, true), sorted = selected.clone();
    KeepHighest(kept, selected);
    KeepHighestBySorting(kept, sorted);
    EXPECT_TRUE(SameBits(selected, sorted));
    const at::Tensor counts = selected.ne(-kInfinity).sum(-1), before = scores.ne(-kInfinity).sum(-1);
    EXPECT_TRUE(counts.equal(before.minimum(kept.expand_as(before))));
  }
}

// Within twice the rounding of softmax's sums; what the kernel computes is the same rows masked first.
TEST(TopKSoftmaxRows, KernelAndMaskingAgree) {
  at::Tensor scores = (RandomTensor({2, 3, 2, 5, 300}, 3) * 8).round() / 4;
  scores = scores.masked_fill(RandomTensor(scores.sizes(), 4).gt(1), -kInfinity);
  scores[0][0][0][0].fill_(-kInfinity);
  const at::Tensor kept = at::tensor(std::vector<int64_t>{1, 7, 299, 300, 50, 12}).reshape({2, 3, 1, 1});
  const at::Tensor g = RandomTensor(scores.sizes(), 5);
  for (at::ScalarType type : {at::kFloat, at::kDouble}) {
    const at::Tensor z = scores.to(type, false, true).requires_grad_(true), same = z.detach().clone().requires_grad_(true);
    const at::Tensor p = TopKSoftmaxRows(z, kept), masked = TopKSoftmaxRowsByMasking(same, kept);
    EXPECT_TRUE(p.ne(0).equal(masked.ne(0)));
    EXPECT_TRUE(Near(p, masked, 5e-7));
    p.backward(g.to(type)), masked.backward(g.to(type));
    EXPECT_TRUE(Near(z.grad(), same.grad(), 2.5e-6));
  }
}

// What is saved for gradients is not rounded, so that they are float's but for their own rounding, of 2^-9.
TEST(RowsOfBfloat16, AreRowsOfFloatRounded) {
  const at::Tensor scores = RandomTensor({6, 300}, 6).to(at::kBFloat16), g = RandomTensor({6, 300}, 7).to(at::kBFloat16);
  const at::Tensor d = at::tensor({0.f, .2f, .5f, .8f, 1.f, .01f}), kept = at::full({6}, 9, at::kLong);
  const auto check = [&](const auto& apply) {
    const at::Tensor narrow = scores.clone().requires_grad_(true), wide = scores.to(at::kFloat).requires_grad_(true);
    const at::Tensor alpha = d.clone().requires_grad_(true), same = d.clone().requires_grad_(true);
    const at::Tensor p = apply(narrow, alpha), wide_p = apply(wide, same);
    EXPECT_EQ(p.scalar_type(), at::kBFloat16);
    EXPECT_TRUE(SameBits(p.detach(), wide_p.detach().to(at::kBFloat16)));
    p.backward(g), wide_p.backward(g.to(at::kFloat));
    EXPECT_TRUE(SameBits(narrow.grad(), wide.grad().to(at::kBFloat16)));
    if (same.grad().defined()) {
      EXPECT_TRUE(SameBits(alpha.grad(), same.grad()));
    }
  };
  check([](const at::Tensor& z, const at::Tensor& alpha) { return EntmaxOfRows(z, alpha); });
  check([&](const at::Tensor& z, const at::Tensor&) { return TopKSoftmaxRows(z, kept); });
}

TEST(RankedPair, SortingAndSelectingAgree) {
  at::Tensor values = (RandomTensor({3, 2, 2, 5, 13}, 9) * 2).round();  // many ties
  values = values.masked_fill(RandomTensor(values.sizes(), 10).gt(.5), -kInfinity);
  values[0][0][0].fill_(-kInfinity);
  values[1][0][0].fill_(0);
  const at::Tensor k = at::tensor(std::vector<int64_t>{1, 4, 40});
  for (const at::Tensor& x : {values, values.transpose(-1, -2)}) {
    const RankedPair fast = FindRankedPair(x, k), sorted = FindRankedPairBySorting(x, k);
    EXPECT_TRUE(SameBits(fast.target, sorted.target));
    EXPECT_TRUE(SameBits(fast.unmasked, sorted.unmasked));
    EXPECT_TRUE(SameBits(fast.index, sorted.index));
  }
}

// At alpha = 1.02 the support reaches 50 below the largest score, where p is about 0.002^50: far below float's smallest number.
TEST(EntmaxSupport, UnderflowIsNoSparsity) {
  const at::Tensor scores = at::tensor({0., -10., -49., -51., -kInfinity}, at::kDouble).reshape({1, 1, 1, 1, 5});
  const at::Tensor d = at::full({1, 1}, .02), narrow = scores.to(at::kFloat);
  const at::Tensor p = EntmaxRows(narrow, d), support = EntmaxSupport(narrow, p, d);
  EXPECT_EQ(p.ne(0).sum().item().toLong(), 2) << p;
  EXPECT_TRUE(support.equal(at::tensor({1, 1, 1, 0, 0}).reshape({1, 1, 1, 1, 5}).to(at::kBool))) << support;
  EXPECT_TRUE(EntmaxSupport(narrow, p, at::full({1, 1}, 0.)).equal(scores.ne(-kInfinity)));
}

}  // namespace
}  // namespace ablate::normalizers
