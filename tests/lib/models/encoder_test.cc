#include "lib/models/encoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/softmax.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "lib/models/device_layers.h"
#include "lib/models/dropout_mask.h"
#include "lib/models/layers.h"
#include "lib/testing/tensor_comparison.h"

namespace ablate::models {
namespace {

using at::Tensor;
using testing::SameBits;
using Values = std::map<std::string, Tensor>;

constexpr int64_t kExamples = 3, kLength = 7, kWidth = 12, kHeads = 3, kLayers = 2, kClasses = 3;
constexpr EncoderShape kShape{/*vocabulary=*/11, /*max_tokens=*/9, kClasses};

Trial TrialWith(const std::string& normalizer, uint64_t seed, double dropout = 0.25) {
  Trial trial;
  ::ablate::Encoder& encoder = *trial.mutable_model()->mutable_encoder();
  encoder.set_layers(kLayers);
  encoder.set_heads(kHeads);
  encoder.set_width(kWidth);
  encoder.set_dropout(dropout);
  trial.mutable_attention()->set_normalizer(normalizer);
  trial.set_seed(seed);
  return trial;
}

// Sorted by (normalizer, structure).
std::vector<Trial> MixedTrials() {
  std::vector<Trial> trials = {TrialWith("entmax", 1), TrialWith("entmax", 2, 0.1), TrialWith("softmax", 3),
                               TrialWith("softmax", 4), TrialWith("sparsemax", 5)};
  trials[0].mutable_attention()->set_alpha(1.7);
  trials[1].mutable_attention()->set_alpha(1.3);
  trials[1].mutable_attention()->set_alpha_learned(true);
  trials[3].mutable_attention()->mutable_sparsity()->set_structure(Sparsity::TOP_K_PER_QUERY);
  trials[3].mutable_attention()->mutable_sparsity()->set_level(0.5);
  trials[4].mutable_attention()->mutable_balance()->set_k(2);
  return trials;
}

// The same tokens for every trial; the second example has one token less, the third two.
EncoderBatch BatchFor(int64_t trials) {
  EncoderBatch batch;
  batch.tokens = (at::arange(kExamples * kLength, at::kLong) * 7).remainder(kShape.vocabulary).view({1, kExamples, kLength});
  const Tensor lengths = kLength - at::arange(kExamples, at::kLong).unsqueeze(1);
  batch.valid = at::arange(kLength, at::kLong).unsqueeze(0).lt(lengths).unsqueeze(0);
  batch.tokens = batch.tokens.expand({trials, kExamples, kLength}).contiguous();
  batch.valid = batch.valid.expand({trials, kExamples, kLength}).contiguous();
  return batch;
}

EncoderTrainingStep StepFor(size_t trials) { return {3, std::vector<std::vector<int64_t>>(trials, {17, 4, 250})}; }

// The definition, in torch's operators, for one trial with softmax.
class Reference {
 public:
  Reference(const Values& values, const Trial& trial) : values_(values), trial_(trial) {}

  Tensor Logits(const EncoderBatch& batch) const {
    const Tensor embedded = device::Embed(batch.tokens, Get("embeddings.words"), Get("embeddings.positions"));
    Tensor x = Dropped(Norm(embedded.view({1, kExamples * kLength, kWidth}), Tensor(), "embeddings.norm"), 0);
    for (int64_t layer = 0; layer < kLayers; ++layer) x = Layer(x, batch.valid, layer);
    return Linear(x.view({1, kExamples, kLength, kWidth}).select(2, 0), "classifier");
  }

 private:
  const Tensor& Get(const std::string& name) const { return values_.at(name); }
  Tensor Linear(const Tensor& x, const std::string& name) const {
    return device::Linear(x, Get(name + ".weight"), Get(name + ".bias"), false);
  }
  Tensor Norm(const Tensor& x, const Tensor& residual, const std::string& name) const {
    return device::LayerNorm(x, residual, Get(name + ".weight"), Get(name + ".bias"));
  }
  Tensor Dropped(const Tensor& x, int site) const {
    const EncoderTrainingStep step = StepFor(1);
    const DropoutMask mask = MakeDropoutMask(
        {{trial_.seed()}, {trial_.model().encoder().dropout()}, step.step, step.examples, site, kLength}, kWidth);
    return device::Dropout(x, mask.keep, mask.scales);
  }
  Tensor Layer(const Tensor& x, const Tensor& valid, int64_t layer) const {
    const std::string name = "layers." + std::to_string(layer) + ".";
    const Tensor parts = Linear(x, name + "attention.query_key_value")
                             .view({kExamples, kLength, 3, kHeads, kWidth / kHeads})
                             .permute({2, 0, 3, 1, 4});  // [3, B, H, L, D of a head]
    Tensor scores = parts[0].matmul(parts[1].transpose(2, 3)) / std::sqrt(static_cast<double>(kWidth / kHeads));
    scores =
        scores.masked_fill(valid[0].logical_not().view({kExamples, 1, 1, kLength}), -std::numeric_limits<double>::infinity());
    const Tensor context = at::softmax(scores, -1).matmul(parts[2]).permute({0, 2, 1, 3});
    const Tensor attended =
        Dropped(Linear(context.reshape({1, kExamples * kLength, kWidth}), name + "attention.output"), 1 + 2 * layer);
    const Tensor middle = Norm(attended, x, name + "attention.norm");
    const Tensor inner = device::Activate(Linear(middle, name + "feed_forward.in"), Activation::kGelu);
    return Norm(Dropped(Linear(inner, name + "feed_forward.out"), 2 + 2 * layer), middle, name + "feed_forward.norm");
  }

  const Values& values_;
  const Trial& trial_;
};

Encoder MakeEncoder(const std::vector<Trial>& trials) {
  auto encoder = Encoder::Make(trials, kShape);
  EXPECT_TRUE(encoder.ok()) << encoder.status();
  return *std::move(encoder);
}

// Of all parameters, for a loss that weighs every logit differently.
std::vector<Tensor> Gradients(const Tensor& logits, const Tensor& balance_loss, const std::vector<Tensor>& values) {
  const Tensor weights = testing::RandomTensor({kExamples, kClasses}, 5).to(logits.scalar_type());
  std::vector<Tensor> outputs = {logits}, gradients = {weights.expand_as(logits).contiguous()};
  if (balance_loss.defined()) {
    outputs.push_back(balance_loss);
    gradients.push_back(at::ones_like(balance_loss));
  }
  return torch::autograd::grad(outputs, values, gradients, false, false, true);
}

std::vector<Tensor> ValuesOf(const Encoder& encoder) {
  std::vector<Tensor> values;
  for (const Parameter& parameter : encoder.parameters()) values.push_back(parameter.value);
  return values;
}

struct ReferenceResult {
  Tensor logits;
  std::vector<Tensor> gradients;
};

ReferenceResult RunReference(const Encoder& encoder, const Trial& trial, at::ScalarType type) {
  Values values;
  std::vector<Tensor> leaves;
  for (const Parameter& parameter : encoder.parameters()) {
    leaves.push_back(parameter.value.detach().to(type, false, true).set_requires_grad(true));
    values[parameter.name] = leaves.back();
  }
  const Tensor logits = Reference(values, trial).Logits(BatchFor(1));
  return {logits.detach(), Gradients(logits, Tensor(), leaves)};
}

void ExpectNearReference(const Tensor& own, const Tensor& baseline, const Tensor& exact, const std::string& what) {
  const auto error = [&](const Tensor& tensor) { return (tensor.to(at::kDouble) - exact).abs().max().item().toDouble(); };
  // Twice torch's own error in float32, or some tens of roundings of the largest number.
  const double allowed = std::max(2 * error(baseline), 0x1p-19 * exact.abs().max().item().toDouble());
  EXPECT_LE(error(own.detach()), allowed) << what;
}

TEST(EncoderTest, EqualsItsDefinitionForwardAndBackward) {
  const Trial trial = TrialWith("softmax", 3);
  const Encoder encoder = MakeEncoder({trial});
  const auto outputs = encoder.Forward(BatchFor(1), {}, StepFor(1));
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  const std::vector<Tensor> gradients = Gradients(outputs->logits, Tensor(), ValuesOf(encoder));
  const ReferenceResult exact = RunReference(encoder, trial, at::kDouble), baseline = RunReference(encoder, trial, at::kFloat);
  ExpectNearReference(outputs->logits, baseline.logits, exact.logits, "logits");
  for (size_t i = 0; i < gradients.size(); ++i) {
    ExpectNearReference(gradients[i], baseline.gradients[i], exact.gradients[i], encoder.parameters()[i].name);
  }
}

TEST(EncoderTest, Bf16IsNearF32) {
  Trial trial = TrialWith("softmax", 3);
  const auto exact = MakeEncoder({trial}).Forward(BatchFor(1), {}, std::nullopt);
  trial.mutable_training()->set_precision(Training::BF16);
  const auto rounded = MakeEncoder({trial}).Forward(BatchFor(1), {}, std::nullopt);
  ASSERT_TRUE(exact.ok() && rounded.ok());
  EXPECT_EQ(rounded->logits.scalar_type(), at::kFloat);
  // Logits of order 0.1; a few per cent of relative error after two layers of 2^-9 roundings.
  EXPECT_TRUE(testing::Near(rounded->logits, exact->logits, 0.05));
  EXPECT_FALSE(SameBits(rounded->logits, exact->logits));
}

struct TrialResult {
  Tensor logits, balance_loss;
  std::map<std::string, Tensor> gradients;
};

std::vector<TrialResult> RunArray(const std::vector<Trial>& trials) {
  const Encoder encoder = MakeEncoder(trials);
  const int64_t count = trials.size();
  const std::vector<Tensor> multipliers(kLayers, at::full({count, kHeads, 4}, 1.f));
  const bool balance =
      std::any_of(trials.begin(), trials.end(), [](const Trial& t) { return t.attention().balance().k() > 0; });
  const auto outputs = encoder.Forward(BatchFor(count), balance ? multipliers : std::vector<Tensor>(), StepFor(count));
  EXPECT_TRUE(outputs.ok()) << outputs.status();
  const std::vector<Tensor> gradients = Gradients(outputs->logits, outputs->balance_loss, ValuesOf(encoder));
  std::vector<TrialResult> results(trials.size());
  for (int64_t t = 0; t < count; ++t) {
    results[t].logits = outputs->logits[t].detach();
    if (trials[t].attention().balance().k() > 0) results[t].balance_loss = outputs->balance_loss[t].detach();
    for (size_t i = 0; i < gradients.size(); ++i) {
      const Parameter& parameter = encoder.parameters()[i];
      if (!HasParameter(trials[t], parameter)) continue;
      results[t].gradients[parameter.name] = gradients[i][t].clone();
    }
  }
  return results;
}

void ExpectBitsAsAlone(const std::vector<Trial>& trials) {
  const std::vector<TrialResult> together = RunArray(trials);
  for (size_t t = 0; t < trials.size(); ++t) {
    const TrialResult alone = RunArray({trials[t]})[0];
    EXPECT_TRUE(SameBits(alone.logits, together[t].logits)) << t;
    EXPECT_TRUE(SameBits(alone.balance_loss, together[t].balance_loss)) << t;
    ASSERT_EQ(alone.gradients.size(), together[t].gradients.size()) << t;
    for (const auto& [name, gradient] : alone.gradients)
      EXPECT_TRUE(SameBits(gradient, together[t].gradients.at(name))) << t << name;
  }
}

TEST(EncoderTest, EachOfFiveMixedTrialsHasTheBitsThatItHasAlone) { ExpectBitsAsAlone(MixedTrials()); }

TEST(EncoderTest, Bf16TrialsHaveTheBitsThatTheyHaveAlone) {
  std::vector<Trial> trials = MixedTrials();
  for (Trial& trial : trials) trial.mutable_training()->set_precision(Training::BF16);
  ExpectBitsAsAlone(trials);
}

// Pre-norm, token types, pooler, every dropout: a trial has its bits, and its gradients are those of its function.
TEST(EncoderTest, OtherShapesHaveTheirBitsInAnyArrayToo) {
  std::vector<Trial> trials = MixedTrials();
  double rate = 0;
  for (Trial& trial : trials) {
    ::ablate::Encoder& encoder = *trial.mutable_model()->mutable_encoder();
    encoder.set_norm(::ablate::Encoder::PRE);
    encoder.set_token_types(2);
    encoder.set_pooler(::ablate::Encoder::TANH_POOLER);
    encoder.set_activation(::ablate::Encoder::RELU);
    encoder.set_attention_dropout(rate);
    encoder.set_classifier_dropout(rate / 2);
    rate += 0.1;
  }
  trials[2].mutable_attention()->mutable_sparsity()->set_structure(Sparsity::RANDOM);
  trials[2].mutable_attention()->mutable_sparsity()->set_level(0.4);
  ExpectBitsAsAlone(trials);
}

TEST(EncoderTest, EverySettingOfTheShapeChangesTheOutput) {
  const auto logits = [](const std::function<void(::ablate::Encoder&)>& set) {
    Trial trial = TrialWith("softmax", 3, 0);
    set(*trial.mutable_model()->mutable_encoder());
    return MakeEncoder({trial}).Forward(BatchFor(1), {}, StepFor(1))->logits.detach();
  };
  using Settings = ::ablate::Encoder;
  const Tensor plain = logits([](Settings&) {});
  EXPECT_TRUE(SameBits(plain, logits([](Settings& s) { s.set_norm(Settings::POST); })));
  const std::vector<std::function<void(Settings&)>> changes = {
      [](Settings& s) { s.set_norm(Settings::PRE); },
      [](Settings& s) { s.set_token_types(1); },
      [](Settings& s) { s.set_pooler(Settings::TANH_POOLER); },
      [](Settings& s) { s.set_pooler(Settings::RELU_POOLER); },
      [](Settings& s) { s.set_activation(Settings::RELU); },
      [](Settings& s) { s.set_activation(Settings::TANH_GELU); },
      [](Settings& s) { s.set_norm_epsilon(0.1); },
      [](Settings& s) { s.set_attention_dropout(0.5); },
      [](Settings& s) { s.set_classifier_dropout(0.5); },
  };
  for (size_t i = 0; i < changes.size(); ++i) EXPECT_FALSE(SameBits(plain, logits(changes[i]))) << i;
}

TEST(EncoderTest, KeepLeavesTheOthersAsTheyWere) {
  const std::vector<Trial> trials = MixedTrials();
  Encoder all = MakeEncoder(trials);
  const Encoder some = MakeEncoder({trials[1], trials[3]});
  ASSERT_TRUE(all.Keep({1, 3}).ok());
  ASSERT_EQ(all.parameters().size(), some.parameters().size());
  for (size_t i = 0; i < all.parameters().size(); ++i) {
    EXPECT_TRUE(SameBits(all.parameters()[i].value, some.parameters()[i].value)) << all.parameters()[i].name;
    EXPECT_TRUE(all.parameters()[i].value.requires_grad());
  }
  const auto kept = all.Forward(BatchFor(2), {}, StepFor(2)), made = some.Forward(BatchFor(2), {}, StepFor(2));
  ASSERT_TRUE(kept.ok() && made.ok());
  EXPECT_TRUE(SameBits(kept->logits, made->logits));
}

TEST(EncoderTest, LearnedAlphaStartsWhereItIsTold) {
  const Encoder encoder = MakeEncoder(MixedTrials());
  const Tensor d = encoder.AlphaMinusOneOfLayer(1);
  EXPECT_NEAR(d[1][0].item().toDouble(), 0.3, 1e-6);
  EXPECT_FLOAT_EQ(d[0][2].item().toDouble(), 0.7f);
  EXPECT_FALSE(MakeEncoder({TrialWith("softmax", 1)}).AlphaMinusOneOfLayer(0).defined());
}

TEST(EncoderTest, RefusesWhatCannotBeBuilt) {
  Trial heads = TrialWith("softmax", 1);
  heads.mutable_model()->mutable_encoder()->set_heads(5);
  EXPECT_EQ(Encoder::Make({heads}, kShape).status().message(), "model.encoder.heads: 5; must divide width, 12");
  Trial wider = TrialWith("softmax", 1);
  wider.mutable_model()->mutable_encoder()->set_width(24);
  EXPECT_EQ(Encoder::Make({TrialWith("softmax", 1), wider}, kShape).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Encoder::Make({Trial()}, kShape).status().message(), "model: none is set; allowed: encoder");
  EXPECT_EQ(Encoder::Make({}, kShape).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace ablate::models
