// Gradients of every normalizer of the catalogue, and that a trial's bits know nothing of the trials beside it.
#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <string>
#include <vector>

#include "lib/testing/tensor_comparison.h"
#include "tests/lib/normalizers/conformance.h"

namespace ablate::normalizers {
namespace {

using testing::GradientError;
using testing::RandomTensor;
using testing::SameBits;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Central differences of step 1e-5 are off by 1e-10 times the third derivative, which is below 1e2 for these rows.
TEST_P(Conformance, GradientInScores) {
  for (int64_t keys : {1, 2, 9, 40}) {
    const at::Tensor scores = RandomTensor({1, 2, 2, 2, keys}, 7 + keys, at::kDouble);
    const auto function = [&](const at::Tensor& x) { return Probabilities(x); };
    EXPECT_LE(GradientError(function, scores, keys, 1e-5), 1e-8) << keys << " keys";
  }
}

TEST_P(Conformance, GradientInScoresWithMasks) {
  const at::Tensor scores = MaskedScores({1, 2, 2, 3, 15}, 8).to(at::kDouble), free = scores.ne(-kInfinity);
  const auto function = [&](const at::Tensor& x) {
    return Probabilities((scores.masked_fill(free.logical_not(), 0) + x).masked_fill(free.logical_not(), -kInfinity));
  };
  EXPECT_LE(GradientError(function, at::full(scores.sizes(), 0., at::kDouble), 9, 1e-5), 1e-8);
}

TEST_P(Conformance, GradientInAlpha) {
  const double alpha = GetParam().attention.alpha();
  if (!Reads(entry().name, "alpha") || alpha == 1 || alpha == 2) GTEST_SKIP() << "no alpha inside (1, 2)";
  const at::Tensor scores = RandomTensor({1, 3, 4, 2, 30}, 8, at::kDouble);
  const auto function = [&](const at::Tensor& d) {
    Parameters parameters = For(scores);
    parameters.alpha_minus_one = d;
    return Weights(*normalizer_, scores, parameters, InputsOf(scores));
  };
  EXPECT_LE(GradientError(function, at::full({1, 4}, alpha - 1, at::kDouble), 9, 1e-6), 1e-7);
}

TEST_P(Conformance, GradientInWhatIsLearned) {
  if (entry().learns.empty()) GTEST_SKIP() << "learns nothing";
  const at::Tensor scores = MaskedScores({1, 3, 4, 2, 30}, 8).to(at::kDouble), inputs = InputsOf(scores);
  for (const LearnedParameter& learned : entry().learns) {
    const auto function = [&](const at::Tensor& value) {
      Parameters parameters = For(scores);
      parameters.learned[learned.name] = value;
      return Weights(*normalizer_, scores, parameters, inputs);
    };
    EXPECT_LE(GradientError(function, For(scores).learned[learned.name], 9, 1e-5), 1e-7) << learned.name;
  }
  const auto in_inputs = [&](const at::Tensor& x) { return Weights(*normalizer_, scores, For(scores), x); };
  bool reads_inputs = false;
  for (const LearnedParameter& learned : entry().learns) reads_inputs |= learned.per_input;
  if (reads_inputs) {
    EXPECT_LE(GradientError(in_inputs, inputs, 9, 1e-5), 1e-7);
  }
}

TEST_P(Conformance, ThresholdGradient) {
  if (!entry().has_threshold || GetParam().attention.alpha() == 1) GTEST_SKIP() << "no threshold";
  at::Tensor scores = RandomTensor({1, 2, 2, 3, 15}, 18, at::kDouble);
  scores[0][1][1][2].fill_(-kInfinity);  // finite differences of masked scores are 0 as well
  const auto threshold = [&](const at::Tensor& x, const Parameters& parameters) {
    return normalizer_->Threshold(x, normalizer_->Probabilities(x, parameters), parameters).value();
  };
  EXPECT_LE(GradientError([&](const at::Tensor& x) { return threshold(x, For(x)); }, scores, 19, 1e-5), 1e-8);
  if (!Reads(entry().name, "alpha") || GetParam().attention.alpha() == 2) return;
  const auto in_alpha = [&](const at::Tensor& d) {
    Parameters parameters = For(scores);
    parameters.alpha_minus_one = d;
    return threshold(scores, parameters);
  };
  // The threshold moves like -1/d, whose third derivative is 6 / d^4: 24 rows, each off by 1e-12 / d^4, and by 1e-9 from
  // rounding.
  const double d = GetParam().attention.alpha() - 1;
  EXPECT_LE(GradientError(in_alpha, at::full({1, 2}, d, at::kDouble), 20, 1e-6), 24 * (1e-12 / (d * d * d * d) + 1e-9));
}

TEST_P(Conformance, ContextHookHasGradients) {
  const at::Tensor context = RandomTensor({1, 2, 3, 4, 5}, 22, at::kDouble);
  const auto hook = [&](const at::Tensor& x) { return normalizer_->Context(x, For(x)) * 1; };
  EXPECT_LE(GradientError(hook, context, 23, 1e-5), 1e-8);
  EXPECT_TRUE(SameBits(hook(at::full({1, 2, 3, 4, 5}, 0., at::kFloat)), at::full({1, 2, 3, 4, 5}, 0., at::kFloat)));
  EXPECT_EQ(normalizer_->Context(context.to(at::kBFloat16), For(context)).scalar_type(), at::kBFloat16);
}

// The middle one of five trials with other settings and scores beside it.
TEST_P(Conformance, ATrialHasItsBitsInAnyArray) {
  const std::vector<Setting> settings = SettingsOf(entry());
  std::vector<Attention> array;
  for (int i = 0; i < 5; ++i) array.push_back(settings[i % settings.size()].attention);
  array[2] = GetParam().attention;
  at::Tensor scores = MaskedScores({5, 3, 2, 7, 37}, 12);
  scores[1].fill_(std::numeric_limits<double>::quiet_NaN());
  const at::Tensor weights = RandomTensor(scores.sizes(), 13), inputs = RandomTensor({5, 3, 7, 3}, 24);
  Parameters of_array = ParametersOf(array, 2, at::kFloat);
  for (auto& [name, value] : of_array.learned) value = value + RandomTensor(value.sizes(), 25) * .1;
  const auto run = [&](int64_t begin, int64_t count) {
    const auto part = [&](const at::Tensor& x) { return x.narrow(0, begin, count).clone().requires_grad_(); };
    std::map<std::string, at::Tensor> leaves = {{"scores", part(scores)}, {"inputs", part(inputs)}};
    Parameters parameters{{array.begin() + begin, array.begin() + begin + count}, {}, {}};
    if (of_array.alpha_minus_one.defined()) leaves["alpha"] = parameters.alpha_minus_one = part(of_array.alpha_minus_one);
    for (const auto& [name, value] : of_array.learned) leaves[name] = parameters.learned[name] = part(value);
    const at::Tensor p = Weights(*normalizer_, leaves["scores"], parameters, leaves["inputs"]);
    const at::Tensor context = normalizer_->Context(p, parameters);  // any numbers will do
    (context * weights.narrow(0, begin, count)).sum().backward();
    std::map<std::string, at::Tensor> seen = {{"p", p}, {"context", context}};
    for (const auto& [name, leaf] : leaves) seen["gradient in " + name] = leaf.grad();
    return seen;
  };
  const auto together = run(0, 5), alone = run(2, 1);
  for (const auto& [name, value] : alone) {
    ASSERT_EQ(value.defined(), together.at(name).defined()) << name;
    if (!value.defined()) continue;
    EXPECT_TRUE(SameBits(value, together.at(name).narrow(0, 2, 1))) << name;
  }
  EXPECT_TRUE(together.at("p")[1].isnan().all().item().toBool()) << "a NaN must be seen";
  EXPECT_FALSE(together.at("p").narrow(0, 2, 3).isnan().any().item().toBool());
}

INSTANTIATE_TEST_SUITE_P(Catalogue, Conformance, ::testing::ValuesIn(AllSettings()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace ablate::normalizers
