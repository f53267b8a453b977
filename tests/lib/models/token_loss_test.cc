#include "lib/models/token_loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones_like.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <vector>

#include "lib/testing/tensor_comparison.h"

namespace ablate::models {
namespace {

using at::Tensor;
using testing::SameBits;

constexpr int64_t kTrials = 3, kRows = 5, kVocabulary = 1111;  // more than a block, no multiple of a vector

Tensor Logits() { return testing::RandomTensor({kTrials, kRows, kVocabulary}, 3) * 4; }

Tensor Labels() {
  const Tensor labels = at::full({kTrials, kRows}, kNoLabel, at::kLong);
  for (int64_t i = 0; i < kTrials * kRows; ++i) {
    if (i % 4 != 1) labels.mutable_data_ptr<int64_t>()[i] = (i * 97) % kVocabulary;
  }
  return labels;
}

const std::vector<double> kSmoothing = {0, 0.1, 0.3};

Tensor GradientOf(const Tensor& losses, const Tensor& logits) {
  return torch::autograd::grad({losses}, {logits}, {at::ones_like(losses)})[0];
}

TEST(TokenLossTest, EqualsTorchInDoubleForwardAndBackward) {
  const Tensor logits = Logits().set_requires_grad(true), exact = Logits().to(at::kDouble).set_requires_grad(true);
  const Tensor own = TokenCrossEntropy(logits, Labels(), kSmoothing);
  const Tensor reference = TokenCrossEntropyByTorch(exact, Labels(), kSmoothing);
  // Exponentials to 2e-7, sums of 1024 floats: some 1e-6 of a loss of about 15.
  EXPECT_TRUE(testing::Near(own.detach().to(at::kDouble), reference.detach(), 2e-5));
  // Gradients are at most 1/4 here.
  EXPECT_TRUE(testing::Near(GradientOf(own, logits).to(at::kDouble), GradientOf(reference, exact), 1e-6));
}

TEST(TokenLossTest, ATrialHasItsBitsInAnyArray) {
  const Tensor together = Logits().set_requires_grad(true);
  const Tensor losses = TokenCrossEntropy(together, Labels(), kSmoothing), gradient = GradientOf(losses, together);
  for (int64_t t = 0; t < kTrials; ++t) {
    const Tensor alone = Logits().narrow(0, t, 1).clone().set_requires_grad(true);
    const Tensor loss = TokenCrossEntropy(alone, Labels().narrow(0, t, 1), {kSmoothing[t]});
    EXPECT_TRUE(SameBits(loss[0].detach(), losses[t].detach()));
    EXPECT_TRUE(SameBits(GradientOf(loss, alone)[0], gradient[t]));
  }
}

TEST(TokenLossTest, NothingIsLearnedWithoutLabels) {
  const Tensor logits = Logits().set_requires_grad(true);
  const Tensor losses = TokenCrossEntropy(logits, at::full({kTrials, kRows}, kNoLabel, at::kLong), kSmoothing);
  EXPECT_EQ(losses.sum().item().toDouble(), 0);
  EXPECT_EQ(GradientOf(losses, logits).abs().max().item().toDouble(), 0);
}

TEST(TokenLossTest, ScoresAreThoseOfTheHighestLogits) {
  const float logits[] = {0, 2, 2, /**/ 1, 0, 0, /**/ 5, 5, 5};
  const int64_t labels[] = {1, 1, kNoLabel};
  const TokenScores scores = ScoreTokens(logits, labels, 3, 3);
  EXPECT_EQ(scores.tokens, 2);
  EXPECT_EQ(scores.correct, 1);  // of equals the lowest is foretold
  EXPECT_NEAR(scores.loss, std::log(2 + std::exp(-2.)) + std::log(std::exp(1.) + 2), 1e-6);
}

}  // namespace
}  // namespace ablate::models
