#include "lib/models/network.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/softmax.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>

#include "lib/models/device_layers.h"
#include "lib/models/kind_attention.h"
#include "lib/models/positions.h"
#include "lib/testing/tensor_comparison.h"
#include "tests/lib/models/networks.h"

namespace ablate::models {
namespace {

using at::Tensor;
using testing::SameBits;
using Values = std::map<std::string, Tensor>;

// The definition of a pre-norm sequence-to-sequence Transformer with sinusoids and ReLU, in torch's operators, for one trial
// with softmax.
class Reference {
 public:
  explicit Reference(Values values) : values_(std::move(values)) {}

  Tensor Logits(const Batch& batch) const {
    Tensor source = Embedded(batch.tokens), target = Embedded(batch.target);
    const Tensor source_seen = batch.valid[0].view({kExamples, 1, 1, kSource}).expand({kExamples, 1, kSource, kSource});
    for (int layer = 0; layer < 2; ++layer) source = Layer("encoder", layer, source, source_seen, Tensor(), Tensor());
    source = Norm(source, "encoder.final_norm");
    const Tensor order = at::arange(kTarget, at::kLong);
    const Tensor target_seen = batch.target_valid[0]
                                   .view({kExamples, 1, 1, kTarget})
                                   .logical_and(order.unsqueeze(0).le(order.unsqueeze(1)).view({1, 1, kTarget, kTarget}));
    const Tensor cross_seen = batch.valid[0].view({kExamples, 1, 1, kSource}).expand({kExamples, 1, kTarget, kSource});
    for (int layer = 0; layer < 2; ++layer) target = Layer("decoder", layer, target, target_seen, source, cross_seen);
    target = Norm(target, "decoder.final_norm");
    return target.matmul(Get("encoder.embeddings.words")[0].transpose(0, 1)) + Get("output.bias").view({1, 1, -1});
  }

 private:
  const Tensor& Get(const std::string& name) const { return values_.at(name); }
  Tensor Linear(const Tensor& x, const std::string& name) const {
    return x.matmul(Get(name + ".weight")[0]) + Get(name + ".bias")[0];
  }
  Tensor Norm(const Tensor& x, const std::string& name) const {
    return device::LayerNorm(x.flatten(0, 1).unsqueeze(0), Tensor(), Get(name + ".weight"), Get(name + ".bias"), 1e-5)
        .view(x.sizes());
  }
  Tensor Embedded(const Tensor& tokens) const {
    const Tensor words = Get("encoder.embeddings.words")[0];
    const Tensor rows = words.index_select(0, tokens[0].flatten()).view({kExamples, tokens.size(2), kWidth});
    return rows * std::sqrt(static_cast<double>(kWidth)) + Sinusoids(tokens.size(2), kWidth).to(rows.scalar_type());
  }
  // q [B, Q, W], k and v [B, K, W], seen [B, 1, Q, K].
  static Tensor Attended(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& seen) {
    const auto split = [](const Tensor& x) { return x.view({kExamples, x.size(1), kHeads, kWidth / kHeads}).transpose(1, 2); };
    Tensor scores = split(q).matmul(split(k).transpose(2, 3)) / std::sqrt(static_cast<double>(kWidth / kHeads));
    scores = scores.masked_fill(seen.logical_not(), -std::numeric_limits<double>::infinity());
    return at::softmax(scores, -1).matmul(split(v)).transpose(1, 2).reshape(q.sizes());
  }
  Tensor Layer(const std::string& stack, int layer, Tensor x, const Tensor& seen, const Tensor& source,
               const Tensor& cross_seen) const {
    const std::string name = stack + ".layers." + std::to_string(layer) + ".";
    const auto parts = Linear(Norm(x, name + "attention.norm"), name + "attention.query_key_value").chunk(3, 2);
    x = x + Linear(Attended(parts[0], parts[1], parts[2], seen), name + "attention.output");
    if (source.defined()) {
      const Tensor q = Linear(Norm(x, name + "cross.norm"), name + "cross.query");
      const auto kv = Linear(source, name + "cross.key_value").chunk(2, 2);
      x = x + Linear(Attended(q, kv[0], kv[1], cross_seen), name + "cross.output");
    }
    const Tensor inner = Linear(Norm(x, name + "feed_forward.norm"), name + "feed_forward.in").relu();
    return x + Linear(inner, name + "feed_forward.out");
  }

  Values values_;
};

// [B, M, V], other numbers for each logit that is not padding.
Tensor Weights(const Batch& batch, at::ScalarType type) {
  const Tensor weights = testing::RandomTensor({kExamples, kTarget, kVocabulary}, 5).to(type);
  return weights * batch.target_valid[0].unsqueeze(2).to(type);
}

std::vector<Tensor> ValuesOf(const Network& network) {
  std::vector<Tensor> values;
  for (const Parameter& parameter : network.parameters()) values.push_back(parameter.value);
  return values;
}

TEST(NetworkTest, SequenceToSequenceEqualsItsDefinitionForwardAndBackward) {
  const auto network = MakeNetwork({SequenceToSequenceTrial("softmax", 3)});
  const Batch batch = BatchFor(1);
  const auto outputs = network->Forward(batch, {}, StepFor(1));
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  const std::vector<Tensor> own = torch::autograd::grad({outputs->logits}, ValuesOf(*network),
                                                        {Weights(batch, at::kFloat).unsqueeze(0)}, false, false, true);
  Values exact;
  std::vector<Tensor> leaves;
  for (const Parameter& parameter : network->parameters()) {
    leaves.push_back(parameter.value.detach().to(at::kDouble, false, true).set_requires_grad(true));
    exact[parameter.name] = leaves.back();
  }
  const Tensor logits = Reference(exact).Logits(batch);
  const std::vector<Tensor> gradients =
      torch::autograd::grad({logits}, leaves, {Weights(batch, at::kDouble)}, false, false, true);
  const Tensor shown = batch.target_valid[0].unsqueeze(2).to(at::kDouble);
  // Some hundreds of roundings, 2^-24 each, of numbers of order 1 (logits) and 10 (gradients).
  EXPECT_TRUE(testing::Near(outputs->logits[0].detach().to(at::kDouble) * shown, logits.detach() * shown, 2e-5));
  for (size_t i = 0; i < own.size(); ++i) {
    ASSERT_TRUE(own[i].defined()) << network->parameters()[i].name;
    const double size = std::max(1., gradients[i].abs().max().item().toDouble());
    EXPECT_TRUE(testing::Near(own[i].to(at::kDouble), gradients[i], 2e-5 * size)) << network->parameters()[i].name;
  }
}

// Normalizers that can be in a decoder, each with an own one in the others' place.
std::vector<Trial> MixedTrials(Trial (*make)(const std::string&, uint64_t, double)) {
  std::vector<Trial> trials = {make("adaptive_scalable_entmax", 1, 0.2), make("entmax", 2, 0.1), make("softmax", 3, 0),
                               make("softmax", 4, 0.3), make("sparsemax", 5, 0.2)};
  trials[1].mutable_attention()->set_alpha_learned(true);
  trials[1].mutable_attention()->set_alpha_start_deviation(0.5);
  trials[2].mutable_cross_attention()->set_normalizer("entmax");
  trials[2].mutable_cross_attention()->set_alpha_learned(true);
  trials[2].mutable_cross_attention()->set_alpha_form(Attention::CLAMPED);
  trials[3].mutable_attention()->mutable_sparsity()->set_structure(Sparsity::TOP_K_PER_QUERY);
  trials[3].mutable_attention()->mutable_sparsity()->set_level(0.5);
  trials[4].mutable_decoder_attention()->set_normalizer("softmax_sink");
  return trials;
}

void ExpectBitsAsAlone(const std::vector<Trial>& trials) {
  const auto together = MakeNetwork(trials);
  const auto count = static_cast<int64_t>(trials.size());
  const auto outputs = together->Forward(BatchFor(count), {}, StepFor(trials.size()));
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  const Tensor weights = testing::RandomTensor(outputs->logits[0].sizes(), 5).unsqueeze(0);
  const auto gradients = torch::autograd::grad({outputs->logits}, ValuesOf(*together),
                                               {weights.expand_as(outputs->logits).contiguous()}, false, false, true);
  for (size_t t = 0; t < trials.size(); ++t) {
    const auto alone = MakeNetwork({trials[t]});
    const auto own = alone->Forward(BatchFor(1), {}, StepFor(1));
    ASSERT_TRUE(own.ok()) << own.status();
    const auto place = static_cast<int64_t>(t);
    EXPECT_TRUE(SameBits(own->logits[0].detach(), outputs->logits[place].detach())) << t;
    const auto expected = torch::autograd::grad({own->logits}, ValuesOf(*alone), {weights}, false, false, true);
    size_t i = 0;
    for (size_t j = 0; j < gradients.size(); ++j) {
      const Parameter& parameter = together->parameters()[j];
      if (!HasParameter(trials[t], parameter)) continue;
      ASSERT_EQ(alone->parameters()[i].name, parameter.name);
      EXPECT_TRUE(SameBits(alone->parameters()[i].value[0].detach(), parameter.value[place].detach())) << parameter.name;
      EXPECT_TRUE(SameBits(expected[i][0], gradients[j][place])) << t << parameter.name;
      ++i;
    }
    EXPECT_EQ(i, expected.size());
  }
}

TEST(NetworkTest, EachOfFiveMixedTrialsHasTheBitsThatItHasAlone) {
  ExpectBitsAsAlone(MixedTrials(SequenceToSequenceTrial));
  ExpectBitsAsAlone(MixedTrials(DecoderTrial));
}

// All normalizers and structures that a decoder may have.
std::vector<Trial> AllCausalTrials(Trial (*make)(const std::string&, uint64_t, double)) {
  std::vector<Trial> trials;
  for (const char* name : {"adaptive_scalable_entmax", "entmax", "rela", "scalable_softmax", "sigmoid", "softmax",
                           "softmax_plus_one", "softmax_sink", "sparsegen", "sparsemax", "top_k_softmax"}) {
    trials.push_back(make(name, 1, 0));
    trials.back().mutable_attention()->set_top_k(2);
  }
  for (const Sparsity::Structure structure : {Sparsity::TOP_K_PER_QUERY, Sparsity::BOTTOM_K, Sparsity::RANDOM, Sparsity::WINDOW,
                                              Sparsity::THRESHOLD, Sparsity::TOP_P, Sparsity::N_OF_M}) {
    trials.push_back(make("softmax", 1, 0));
    Sparsity& sparsity = *trials.back().mutable_attention()->mutable_sparsity();
    sparsity.set_structure(structure);
    sparsity.set_level(0.5);
    sparsity.set_threshold(0.2);
    sparsity.set_mass(0.6);
  }
  for (const auto positions :
       {::ablate::Encoder::LEARNED, ::ablate::Encoder::ALIBI, ::ablate::Encoder::NONE, ::ablate::Encoder::HALF_ALIBI}) {
    trials.push_back(make("entmax", 1, 0));
    Model& model = *trials.back().mutable_model();
    if (model.has_decoder()) model.mutable_decoder()->set_positions(positions);
    if (model.has_sequence_to_sequence()) model.mutable_sequence_to_sequence()->set_positions(positions);
  }
  return trials;
}

std::string Said(const Trial& trial) { return trial.ShortDebugString(); }

TEST(NetworkTest, NoTokenOfADecoderSeesLaterOnes) {
  for (Trial (*make)(const std::string&, uint64_t, double) : {SequenceToSequenceTrial, DecoderTrial}) {
    for (const Trial& trial : AllCausalTrials(make)) {
      const auto network = MakeNetwork({trial});
      Batch batch = BatchFor(1);
      const bool one_sequence = trial.model().has_decoder();
      Tensor& changed = one_sequence ? batch.tokens : batch.target;
      constexpr int64_t kFirst = 3;
      const Tensor before = network->Forward(batch, {}, std::nullopt)->logits.detach();
      changed = changed.clone();
      changed.narrow(2, kFirst, changed.size(2) - kFirst).add_(3).remainder_(kVocabulary);
      const Tensor after = network->Forward(batch, {}, std::nullopt)->logits.detach();
      EXPECT_TRUE(SameBits(before.narrow(2, 0, kFirst), after.narrow(2, 0, kFirst))) << Said(trial);
      EXPECT_FALSE(SameBits(before.narrow(2, kFirst, 1), after.narrow(2, kFirst, 1))) << Said(trial);
    }
  }
}

// Keys and values that are kept give what a pass over everything gives: to rounding, since products have other shapes.
TEST(NetworkTest, WritingTokenByTokenEqualsOnePass) {
  for (Trial (*make)(const std::string&, uint64_t, double) : {SequenceToSequenceTrial, DecoderTrial}) {
    for (const Trial& trial : AllCausalTrials(make)) {
      Trial neighbour = trial;
      neighbour.set_seed(9);
      const auto network = MakeNetwork({neighbour, trial});  // written for the second of an array
      const bool one_sequence = trial.model().has_decoder();
      Batch all = BatchFor(2);
      all.valid.fill_(true);
      all.target_valid.fill_(true);
      const int64_t prefix = one_sequence ? 3 : 0, length = one_sequence ? kSource : kTarget;
      const Tensor expected = network->Forward(all, {}, std::nullopt)->logits[1].detach();
      Batch source = BatchFor(1);
      source.valid.fill_(true);
      if (one_sequence) source.tokens = source.tokens.narrow(2, 0, prefix).contiguous();
      auto writing = network->StartWriting(1, source);
      ASSERT_TRUE(writing.ok()) << writing.status() << Said(trial);
      // Rows 2, 0, 0, 1 of the examples.
      const std::vector<int64_t> rows = {2, 0, 0, 1};
      (*writing)->Select(rows);
      const Tensor& read = one_sequence ? all.tokens : all.target;
      for (int64_t place = prefix; place < length; ++place) {
        std::vector<int32_t> tokens;
        for (const int64_t row : rows) tokens.push_back(read[1][row][place].item().toInt());
        const auto next = (*writing)->Next(tokens);
        ASSERT_TRUE(next.ok()) << next.status() << Said(trial);
        for (size_t i = 0; i < rows.size(); ++i) {
          EXPECT_TRUE(testing::Near((*next)[static_cast<int64_t>(i)], expected[rows[i]][place], 2e-4)) << Said(trial) << place;
        }
        if (place == prefix) (*writing)->Select({0, 1, 2, 3});
      }
    }
  }
}

TEST(NetworkTest, KeepLeavesTheOthersAsTheyWere) {
  for (Trial (*make)(const std::string&, uint64_t, double) : {SequenceToSequenceTrial, DecoderTrial}) {
    const std::vector<Trial> trials = MixedTrials(make);
    const auto all = MakeNetwork(trials), some = MakeNetwork({trials[1], trials[3]});
    const Tensor before = all->Forward(BatchFor(5), {}, StepFor(5))->logits.detach();
    ASSERT_TRUE(all->Keep({1, 3}).ok());
    const Tensor kept = all->Forward(BatchFor(2), {}, StepFor(2))->logits.detach();
    EXPECT_TRUE(SameBits(kept[0], before[1]));
    EXPECT_TRUE(SameBits(kept, some->Forward(BatchFor(2), {}, StepFor(2))->logits.detach()));
  }
}

TEST(NetworkTest, ClampedAlphasComeBackFromTheEnds) {
  Trial trial = DecoderTrial("entmax", 1);
  trial.mutable_attention()->set_alpha_learned(true);
  trial.mutable_attention()->set_alpha_form(Attention::CLAMPED);
  const auto network = MakeNetwork({trial});
  const AttentionPlace place = network->attentions()[0];
  EXPECT_NEAR(network->AlphaMinusOne(place)[0][1].item().toDouble(), 0.5, 1e-7);
  for (Parameter& parameter : network->parameters()) {
    if (parameter.learned == "alpha") parameter.value.detach().fill_(1.5);
  }
  const Tensor raw = network->parameters()[0].value;
  EXPECT_EQ(network->AlphaMinusOne(place)[0][1].item().toDouble(), 1);
  network->FinishStep();
  for (const Parameter& parameter : network->parameters()) {
    if (parameter.learned != "alpha") continue;
    EXPECT_EQ(parameter.value.max().item().toDouble(), 1);
    // At the end 1 a gradient that asks for more is none, and one that asks for less goes through.
    const Tensor d = network->AlphaMinusOne(place);
    if (parameter.name.find("layers.0.") == std::string::npos) continue;
    EXPECT_EQ(torch::autograd::grad({d}, {parameter.value}, {at::full_like(d, -1)})[0].abs().max().item().toDouble(), 0);
    EXPECT_EQ(torch::autograd::grad({network->AlphaMinusOne(place)}, {parameter.value}, {at::ones_like(d)})[0][0][0]
                  .item()
                  .toDouble(),
              1);
  }
}

TEST(NetworkTest, RefusesWhatLooksAhead) {
  Trial sinkhorn = SequenceToSequenceTrial("softmax", 1);
  sinkhorn.mutable_cross_attention()->set_normalizer("sinkhorn");
  EXPECT_EQ(Network::Make({sinkhorn}, ShapeOf(sinkhorn)).status().code(), absl::StatusCode::kInvalidArgument);
  Trial blocks = DecoderTrial("softmax", 1);
  blocks.mutable_attention()->mutable_sparsity()->set_structure(Sparsity::BLOCK);
  EXPECT_EQ(Network::Make({blocks}, ShapeOf(blocks)).status().code(), absl::StatusCode::kInvalidArgument);
  Trial sparse = SequenceToSequenceTrial("sinkhorn", 1);  // for the encoder it is good
  sparse.mutable_decoder_attention()->set_normalizer("softmax");
  sparse.mutable_cross_attention()->set_normalizer("softmax");
  EXPECT_TRUE(Network::Make({sparse}, ShapeOf(sparse)).ok());
}

}  // namespace
}  // namespace ablate::models
