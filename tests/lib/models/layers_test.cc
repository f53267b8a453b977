#include "lib/models/layers.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "lib/models/device_layers.h"
#include "lib/testing/tensor_comparison.h"

namespace ablate::models {
namespace {

using at::Tensor;
using testing::RandomTensor;
using testing::SameBits;
using Function = std::function<Tensor(const std::vector<Tensor>&)>;

constexpr int64_t kTrials = 5;

// A layer with differentiable inputs, all of them [T, ...].
struct Case {
  std::string name;
  Function layer;      // the CPU's own loops
  Function reference;  // torch's operators
  std::vector<std::vector<int64_t>> shapes;
};

Tensor Tokens(int64_t trials, int64_t examples, int64_t length) {
  // Every token more than once: gradients add up.
  return at::arange(trials * examples * length, at::kLong).remainder(3).view({trials, examples, length});
}

Tensor Labels(int64_t trials) { return at::arange(trials * 6, at::kLong).remainder(4).view({trials, 6}); }

// Sizes are odd on purpose: slices of a trial are then not aligned, and loops have rests.
const std::vector<Case>& Cases() {
  static const auto* const kCases = new std::vector<Case>{
      {"Linear",
       [](const auto& in) { return Linear(in[0], in[1], in[2], false); },
       [](const auto& in) { return device::Linear(in[0], in[1], in[2], false); },
       {{kTrials, 33, 19}, {kTrials, 19, 65}, {kTrials, 65}}},
      {"LinearWide",
       [](const auto& in) { return Linear(in[0], in[1], in[2], false); },
       [](const auto& in) { return device::Linear(in[0], in[1], in[2], false); },
       {{kTrials, 200, 129}, {kTrials, 129, 67}, {kTrials, 67}}},
      {"LinearOneRow",
       [](const auto& in) { return Linear(in[0], in[1], in[2], false); },
       [](const auto& in) { return device::Linear(in[0], in[1], in[2], false); },
       {{kTrials, 1, 64}, {kTrials, 64, 3}, {kTrials, 3}}},
      {"Gelu",
       [](const auto& in) { return Activate(in[0], Activation::kGelu); },
       [](const auto& in) { return device::Activate(in[0], Activation::kGelu); },
       {{kTrials, 7, 13}}},
      {"Relu",
       [](const auto& in) { return Activate(in[0], Activation::kRelu); },
       [](const auto& in) { return device::Activate(in[0], Activation::kRelu); },
       {{kTrials, 7, 13}}},
      {"TanhGelu",
       [](const auto& in) { return Activate(in[0], Activation::kTanhGelu); },
       [](const auto& in) { return device::Activate(in[0], Activation::kTanhGelu); },
       {{kTrials, 7, 13}}},
      {"Tanh",
       [](const auto& in) { return Activate(in[0], Activation::kTanh); },
       [](const auto& in) { return device::Activate(in[0], Activation::kTanh); },
       {{kTrials, 7, 13}}},
      {"LayerNormWithItsOwnEpsilon",
       [](const auto& in) { return LayerNorm(in[0], Tensor(), in[1], in[2], 0.1); },
       [](const auto& in) { return device::LayerNorm(in[0], Tensor(), in[1], in[2], 0.1); },
       {{kTrials, 7, 33}, {kTrials, 33}, {kTrials, 33}}},
      {"LayerNorm",
       [](const auto& in) { return LayerNorm(in[0], Tensor(), in[1], in[2]); },
       [](const auto& in) { return device::LayerNorm(in[0], Tensor(), in[1], in[2]); },
       {{kTrials, 70, 37}, {kTrials, 37}, {kTrials, 37}}},
      {"LayerNormOfSum",
       [](const auto& in) { return LayerNorm(in[0], in[3], in[1], in[2]); },
       [](const auto& in) { return device::LayerNorm(in[0], in[3], in[1], in[2]); },
       {{kTrials, 70, 37}, {kTrials, 37}, {kTrials, 37}, {kTrials, 70, 37}}},
      {"Embed",
       [](const auto& in) { return Embed(Tokens(in[0].size(0), 4, 5), in[0], in[1]); },
       [](const auto& in) { return device::Embed(Tokens(in[0].size(0), 4, 5), in[0], in[1]); },
       {{kTrials, 3, 11}, {kTrials, 8, 11}}},
      {"CrossEntropy",
       [](const auto& in) { return CrossEntropy(in[0], Labels(in[0].size(0))); },
       [](const auto& in) { return device::CrossEntropy(in[0], Labels(in[0].size(0))); },
       {{kTrials, 6, 4}}},
  };
  return *kCases;
}

std::vector<Tensor> Inputs(const Case& layer, at::ScalarType type) {
  std::vector<Tensor> inputs;
  for (size_t i = 0; i < layer.shapes.size(); ++i) {
    inputs.push_back(RandomTensor(layer.shapes[i], static_cast<uint32_t>(i) + 1).to(type));
  }
  return inputs;
}

Tensor Slice(const Tensor& tensor, int64_t t) { return tensor.narrow(0, t, 1).clone(); }

// The result, then the gradient of each input, for a random gradient of the result.
std::vector<Tensor> ResultAndGradients(const Function& function, std::vector<Tensor> inputs, const Tensor& weights) {
  for (Tensor& input : inputs) input = input.detach().set_requires_grad(true);
  const Tensor result = function(inputs);
  std::vector<Tensor> all = torch::autograd::grad({result}, inputs, {weights.to(result.scalar_type())});
  all.insert(all.begin(), result.detach());
  return all;
}

Tensor WeightsFor(const Case& layer) { return RandomTensor(layer.layer(Inputs(layer, at::kFloat)).sizes(), 99); }

double LargestDifference(const Tensor& a, const Tensor& b) {
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item().toDouble();
}

class LayersTest : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override { FixProductBits(); }
};

TEST_P(LayersTest, EqualsTorchToRounding) {
  const Case& layer = GetParam();
  const Tensor weights = WeightsFor(layer);
  const auto own = ResultAndGradients(layer.layer, Inputs(layer, at::kFloat), weights);
  const auto baseline = ResultAndGradients(layer.reference, Inputs(layer, at::kFloat), weights);
  const auto exact = ResultAndGradients(layer.reference, Inputs(layer, at::kDouble), weights);
  for (size_t i = 0; i < own.size(); ++i) {
    // Twice the error of torch's own float32, or a few roundings of the largest number where torch happens to be exact.
    const double largest = exact[i].abs().max().item().toDouble();
    const double allowed = std::max(2 * LargestDifference(baseline[i], exact[i]), 0x1p-21 * largest);
    EXPECT_LE(LargestDifference(own[i], exact[i]), allowed) << layer.name << (i == 0 ? ", result" : ", gradient ") << i;
  }
}

TEST_P(LayersTest, ATrialHasTheSameBitsAlone) {
  const Case& layer = GetParam();
  const Tensor weights = WeightsFor(layer);
  const std::vector<Tensor> inputs = Inputs(layer, at::kFloat);
  const auto together = ResultAndGradients(layer.layer, inputs, weights);
  // Tokens and labels are made for the first trial.
  const int64_t trials = layer.name == "Embed" || layer.name == "CrossEntropy" ? 1 : kTrials;
  for (int64_t t = 0; t < trials; ++t) {
    std::vector<Tensor> slices;
    for (const Tensor& input : inputs) slices.push_back(Slice(input, t));
    const auto alone = ResultAndGradients(layer.layer, slices, Slice(weights, t));
    for (size_t i = 0; i < alone.size(); ++i) EXPECT_TRUE(SameBits(alone[i], Slice(together[i], t))) << layer.name << i;
  }
}

TEST_P(LayersTest, ANeighboursNanStaysInItsSlice) {
  const Case& layer = GetParam();
  const Tensor weights = WeightsFor(layer);
  std::vector<Tensor> inputs = Inputs(layer, at::kFloat);
  const auto before = ResultAndGradients(layer.layer, inputs, weights);
  for (Tensor& input : inputs) input.select(0, 2).fill_(std::numeric_limits<float>::quiet_NaN());
  const auto after = ResultAndGradients(layer.layer, inputs, weights);
  EXPECT_TRUE(after[0].select(0, 2).isnan().any().item().toBool());
  for (int64_t t = 0; t < kTrials; ++t) {
    if (t == 2) continue;
    for (size_t i = 0; i < after.size(); ++i) EXPECT_TRUE(SameBits(Slice(before[i], t), Slice(after[i], t))) << layer.name << i;
  }
}

INSTANTIATE_TEST_SUITE_P(All, LayersTest, ::testing::ValuesIn(Cases()),
                         [](const ::testing::TestParamInfo<Case>& info) { return info.param.name; });

TEST(LinearTest, Bf16RoundsOperandsAndHasTheSameBitsAlone) {
  FixProductBits();
  const Function layer = [](const auto& in) { return Linear(in[0], in[1], in[2], true); };
  const Tensor weights = RandomTensor({kTrials, 33, 7}, 9);
  const std::vector<Tensor> inputs = {RandomTensor({kTrials, 33, 20}, 1), RandomTensor({kTrials, 20, 7}, 2),
                                      RandomTensor({kTrials, 7}, 3)};
  const auto together = ResultAndGradients(layer, inputs, weights);
  const Tensor x = inputs[0].to(at::kBFloat16).to(at::kDouble), w = inputs[1].to(at::kBFloat16).to(at::kDouble);
  const Tensor exact = device::Linear(x, w, inputs[2].to(at::kDouble), false);
  // The product is rounded to bfloat16 once: 2^-9 of a result of at most 32 here; products themselves are exact in float32.
  EXPECT_TRUE(testing::Near(together[0], exact, 0x1p-9 * 32));
  EXPECT_FALSE(testing::Near(together[0], exact, 0x1p-16));
  for (int64_t t = 0; t < kTrials; ++t) {
    const auto alone =
        ResultAndGradients(layer, {Slice(inputs[0], t), Slice(inputs[1], t), Slice(inputs[2], t)}, Slice(weights, t));
    for (size_t i = 0; i < alone.size(); ++i) EXPECT_TRUE(SameBits(alone[i], Slice(together[i], t))) << i;
  }
}

TEST(AlphaMinusOneTest, IsTheSigmoidWhereLearnedAndFixedElsewhere) {
  const std::vector<bool> learned = {true, false, true};
  const std::vector<double> fixed = {0.25, 0.75, 0};
  Tensor raw = RandomTensor({3, 5}, 4) * 4;
  raw.select(0, 2).fill_(-17.5f);  // 1 + sigmoid - 1 would be 0 here
  raw = raw.detach().set_requires_grad(true);
  const Tensor d = AlphaMinusOne(raw, learned, fixed);
  const Tensor exact = raw.detach().to(at::kDouble).sigmoid();
  const Tensor gradient = torch::autograd::grad({d}, {raw}, {RandomTensor({3, 5}, 5)})[0];
  const Tensor slope = RandomTensor({3, 5}, 5).to(at::kDouble) * exact * (1 - exact);
  for (const int64_t t : {0, 2}) {
    // One rounding of the value; three of the slope, and the rounding of 1 - d.
    EXPECT_TRUE(testing::Near(d[t] / exact[t], Tensor(exact[t] / exact[t]), 0x1p-23));
    EXPECT_TRUE(testing::Near(gradient[t], slope[t], 0x1p-21 * slope[t].abs().max().item().toDouble() + 0x1p-24));
  }
  EXPECT_TRUE(d[2].gt(0).all().item().toBool());
  EXPECT_TRUE(d[1].eq(0.75).all().item().toBool());
  EXPECT_TRUE(gradient[1].eq(0).all().item().toBool());
}

}  // namespace
}  // namespace ablate::models
