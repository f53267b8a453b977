// A trial has the bits alone that it has in any array, forward and backward.
#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "lib/attention/attention.h"
#include "lib/normalizers/catalogue.h"
#include "lib/testing/tensor_comparison.h"
#include "tests/lib/attention/attention_cases.h"

namespace ablate::attention {
namespace {

using testing::Near;
using testing::RandomTensor;
using testing::SameBits;

struct Gradients {
  Outputs outputs;
  std::vector<at::Tensor> of;  // queries, keys, values, alpha_minus_one, query_inputs, and what is learned
};

Gradients Train(const std::vector<Attention>& trials, Inputs inputs, const at::Tensor& weights) {
  std::vector<at::Tensor*> leaves = {&inputs.queries, &inputs.keys, &inputs.values, &inputs.alpha_minus_one,
                                     &inputs.query_inputs};
  for (auto& [name, value] : inputs.learned) leaves.push_back(&value);
  for (at::Tensor* x : leaves) *x = x->detach().clone().requires_grad_();
  Gradients result{Attend(trials, inputs), {}};
  at::Tensor loss = (result.outputs.context * weights).sum();
  if (result.outputs.balance_loss.defined()) loss = loss + result.outputs.balance_loss.sum();
  loss.backward();
  for (const at::Tensor* x : leaves) result.of.push_back(x->grad());
  return result;
}

Inputs OfTrial(const Inputs& inputs, int64_t trial) {
  Inputs alone = inputs;
  for (at::Tensor Inputs::*field : {&Inputs::queries, &Inputs::keys, &Inputs::values, &Inputs::query_valid, &Inputs::key_valid,
                                    &Inputs::alpha_minus_one, &Inputs::multipliers, &Inputs::query_inputs}) {
    alone.*field = (inputs.*field).narrow(0, trial, 1).clone();
  }
  for (auto& [name, value] : alone.learned) value = inputs.learned.at(name).narrow(0, trial, 1).clone();
  return alone;
}

// Numbers for all that the catalogue's normalizers learn.
void AddLearned(const Shape& shape, Inputs& inputs) {
  constexpr int64_t kWidth = 5;
  uint32_t seed = 50;
  inputs.query_inputs = RandomTensor({shape.trials, shape.examples, shape.tokens, kWidth}, seed);
  for (const normalizers::Entry& entry : normalizers::Catalogue()) {
    for (const normalizers::LearnedParameter& parameter : entry.learns) {
      std::vector<int64_t> sizes = {shape.trials, shape.heads};
      if (parameter.per_input) sizes.push_back(kWidth);
      inputs.learned[parameter.name] = RandomTensor(sizes, ++seed) * .5;
    }
  }
}

// Sizes that do and do not fill vectors and cache lines; a trial must have the bits alone that it has in the array.
TEST(Attention, ATrialHasItsBitsInAnyArray) {
  const std::vector<Attention> trials = {Sparsified(Entmax(1.2, true), .4),
                                         Entmax(1.5, true),
                                         Balanced(Entmax(1.7, true), 3),
                                         Sparsified(Softmax(), .8),
                                         Sparsified(Softmax(), .1),
                                         Balanced(Named("sparsemax"), 2, 3),
                                         Balanced(Named("sparsemax"), 5),
                                         TopK(4),
                                         TopK(1),
                                         Sparsified(Named("adaptive_scalable_entmax"), .3),
                                         Named("adaptive_scalable_entmax"),
                                         Named("rela"),
                                         Named("scalable_softmax"),
                                         Named("sigmoid"),
                                         Named("sinkhorn"),
                                         Named("softmax_plus_one"),
                                         Sparsified(Named("softmax_sink"), .5),
                                         Named("softmax_sink"),
                                         Balanced(Named("sparsegen"), 3)};
  const int64_t count = trials.size();
  for (const Shape& shape : {Shape{count, 2, 1, 1, 1}, Shape{count, 3, 2, 7, 5}, Shape{count, 8, 4, 24, 16},
                             Shape{count, 2, 3, 33, 64}, Shape{count, 1, 1, 130, 20}}) {
    Inputs inputs = RandomInputs(shape, 9);
    inputs.alpha_minus_one = RandomTensor({count, shape.heads}, 10).sigmoid();
    inputs.multipliers = RandomTensor({count, shape.heads, 4}, 11).exp();
    AddLearned(shape, inputs);
    inputs.values[4].fill_(std::numeric_limits<double>::quiet_NaN());
    inputs.queries[6].fill_(std::numeric_limits<double>::quiet_NaN());
    const at::Tensor weights = RandomTensor(inputs.values.sizes(), 12);
    const Gradients together = Train(trials, inputs, weights);
    for (int64_t trial = 0; trial < count; ++trial) {
      SCOPED_TRACE("trial " + std::to_string(trial) + ", " + std::to_string(shape.tokens) + " tokens");
      const Gradients alone = Train({trials[trial]}, OfTrial(inputs, trial), weights.narrow(0, trial, 1));
      EXPECT_TRUE(SameBits(alone.outputs.context, together.outputs.context.narrow(0, trial, 1)));
      EXPECT_TRUE(SameBits(alone.outputs.probabilities, together.outputs.probabilities.narrow(0, trial, 1)));
      EXPECT_TRUE(SameBits(alone.outputs.support, together.outputs.support.narrow(0, trial, 1)));
      if (trials[trial].balance().k() > 0) {
        EXPECT_TRUE(SameBits(alone.outputs.balance_loss, together.outputs.balance_loss.narrow(0, trial, 1)));
        EXPECT_TRUE(SameBits(alone.outputs.violations, together.outputs.violations.narrow(0, trial, 1)));
      } else {
        EXPECT_EQ(together.outputs.balance_loss[trial].item().toDouble(), 0);
      }
      for (size_t i = 0; i < alone.of.size(); ++i) {
        if (!alone.of[i].defined()) continue;  // alpha of a trial without entmax, say
        EXPECT_TRUE(SameBits(alone.of[i], together.of[i].narrow(0, trial, 1))) << "gradient " << i;
      }
      const bool is_bad = trial == 4 || trial == 6;
      EXPECT_EQ(together.outputs.context[trial].isnan().any().item().toBool(), is_bad);
    }
  }
}

// bfloat16 keeps 8 bits: products of 16 numbers and weights are off by 2^-8 of about 1 each.
TEST(Attention, EveryNormalizerTakesAndGivesBfloat16) {
  for (const normalizers::Entry& entry : normalizers::Catalogue()) {
    const Shape shape{1, 3, 2, 12, 16};
    Inputs inputs = RandomInputs(shape, 23), half = inputs;
    AddLearned(shape, inputs);
    AddLearned(shape, half);
    for (at::Tensor Inputs::*field : {&Inputs::queries, &Inputs::keys, &Inputs::values}) {
      half.*field = (inputs.*field).to(at::kBFloat16);
      inputs.*field = (half.*field).to(at::kFloat);
    }
    const Outputs exact = Attend({Named(entry.name)}, inputs), outputs = Attend({Named(entry.name)}, half);
    EXPECT_EQ(outputs.context.scalar_type(), at::kBFloat16) << entry.name;
    EXPECT_EQ(outputs.probabilities.scalar_type(), at::kFloat) << entry.name;
    EXPECT_TRUE(Near(exact.context, outputs.context, 6e-2)) << entry.name;
  }
}

TEST(Attention, WhatIsLearnedMustBeGiven) {
  const Inputs inputs = RandomInputs({1, 2, 2, 4, 3}, 24);
  const absl::Status sink = AttentionRule::Make({Named("softmax_sink")})->Attend(inputs).status();
  EXPECT_EQ(sink.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(sink.message(), "softmax_sink learns \"sink\", which is not given");
  Inputs without = inputs;
  AddLearned({1, 2, 2, 4, 3}, without);
  without.query_inputs = at::Tensor();
  const absl::Status entmax = AttentionRule::Make({Named("adaptive_scalable_entmax")})->Attend(without).status();
  EXPECT_EQ(entmax.message(), "adaptive_scalable_entmax needs query_inputs");
}

TEST(Attention, Bfloat16InAndOut) {
  const Shape shape{2, 3, 2, 12, 16};
  Inputs inputs = RandomInputs(shape, 13), half = inputs;
  for (at::Tensor Inputs::*field : {&Inputs::queries, &Inputs::keys, &Inputs::values}) {
    half.*field = (inputs.*field).to(at::kBFloat16);
    inputs.*field = (half.*field).to(at::kFloat);
  }
  const std::vector<Attention> trials = {Entmax(1.5), Softmax()};
  const Outputs exact = Attend(trials, inputs), outputs = Attend(trials, half);
  EXPECT_EQ(outputs.context.scalar_type(), at::kBFloat16);
  EXPECT_EQ(outputs.probabilities.scalar_type(), at::kFloat);
  EXPECT_TRUE(Near(exact.context, outputs.context, 5e-2));
  EXPECT_TRUE(Near(outputs.probabilities.sum(-1), inputs.query_valid.unsqueeze(2).expand({2, 3, 2, 12}).to(at::kFloat), 2e-6));
  inputs = half;
  inputs.alpha_minus_one = at::full({2, 2}, .5);
  inputs.multipliers = at::ones({2, 2, 4});
  AddLearned(shape, inputs);
  const at::Tensor weights = RandomTensor(half.values.sizes(), 14, at::kBFloat16);
  const Gradients together = Train(trials, inputs, weights);
  for (int64_t trial = 0; trial < 2; ++trial) {
    const Gradients alone = Train({trials[trial]}, OfTrial(inputs, trial), weights.narrow(0, trial, 1));
    EXPECT_TRUE(SameBits(alone.outputs.context, together.outputs.context.narrow(0, trial, 1)));
    for (size_t i = 0; i < 3; ++i) EXPECT_TRUE(SameBits(alone.of[i], together.of[i].narrow(0, trial, 1))) << "gradient " << i;
  }
}

}  // namespace
}  // namespace ablate::attention
