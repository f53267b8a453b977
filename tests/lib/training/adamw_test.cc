#include "lib/training/adamw.h"

#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "lib/testing/tensor_comparison.h"
#include "lib/training/schedule.h"

namespace ablate::training {
namespace {

using at::Tensor;
using models::Parameter;
using models::ParameterKind;

constexpr int64_t kTrials = 3, kElements = 37, kSteps = 40;

std::vector<Trial> Trials() {
  std::vector<Trial> trials(kTrials);
  for (Trial& trial : trials) trial.mutable_training()->set_steps(kSteps);
  trials[0].mutable_optimizer()->set_learning_rate(0.01);
  trials[1].mutable_optimizer()->set_weight_decay(0.3);
  trials[1].mutable_optimizer()->set_normalizer_learning_rate(0.02);
  trials[1].mutable_optimizer()->set_clip_norm(0);
  trials[1].mutable_optimizer()->set_schedule(Optimizer::CONSTANT);
  trials[2].mutable_optimizer()->set_beta1(0.5);
  trials[2].mutable_optimizer()->set_beta2(0.9);
  trials[2].mutable_optimizer()->set_epsilon(0.1);
  trials[2].mutable_optimizer()->set_clip_norm(2.5);
  return trials;
}

std::vector<Parameter> Parameters(const std::vector<int64_t>& places) {
  std::vector<Parameter> parameters;
  uint32_t seed = 1;
  for (const ParameterKind kind : {ParameterKind::kWeight, ParameterKind::kBias, ParameterKind::kNorm,
                                   ParameterKind::kEmbedding, ParameterKind::kAlpha, ParameterKind::kPerHead}) {
    const Tensor values = testing::RandomTensor({kTrials, kElements}, seed++);
    parameters.push_back({"p", kind, models::KeepTrials(values, places).set_requires_grad(true)});
  }
  return parameters;
}

std::vector<Tensor> GradientsAt(int64_t step, const std::vector<int64_t>& places) {
  std::vector<Tensor> gradients;
  for (uint32_t i = 0; i < 6; ++i) {
    gradients.push_back(
        models::KeepTrials(testing::RandomTensor({kTrials, kElements}, 100 * static_cast<uint32_t>(step) + i), places));
  }
  return gradients;
}

std::vector<double> Norms(const std::vector<Tensor>& gradients, int64_t trials) {
  std::vector<double> norms = SquaredNorms(gradients, trials);
  for (double& norm : norms) norm = std::sqrt(norm);
  return norms;
}

std::vector<Parameter> Train(const std::vector<int64_t>& places) {
  std::vector<Trial> trials;
  for (const int64_t place : places) trials.push_back(Trials()[place]);
  std::vector<Parameter> parameters = Parameters(places);
  AdamW optimizer(trials, parameters);
  for (int64_t step = 1; step <= kSteps; ++step) {
    const std::vector<Tensor> gradients = GradientsAt(step, places);
    optimizer.Step(gradients, Norms(gradients, static_cast<int64_t>(trials.size())), step, parameters);
  }
  return parameters;
}

// The paper's algorithm 2, in double, for one element.
double ReferenceElement(const Optimizer& settings, ParameterKind kind, int64_t place, int64_t parameter, int64_t element) {
  double value = Parameters({place})[parameter].value.flatten()[element].item().toDouble(), first = 0, second = 0;
  for (int64_t step = 1; step <= kSteps; ++step) {
    const std::vector<Tensor> gradients = GradientsAt(step, {place});
    double squares = 0;
    for (const Tensor& gradient : gradients) squares += gradient.to(at::kDouble).square().sum().item().toDouble();
    double g = gradients[parameter].flatten()[element].item().toDouble();
    if (settings.clip_norm() > 0) g *= std::min(1., settings.clip_norm() / std::sqrt(squares));
    const double share = ScheduleShare(settings, kSteps, step);
    const double peak = kind == ParameterKind::kAlpha     ? settings.alpha_learning_rate()
                        : kind == ParameterKind::kPerHead ? settings.normalizer_learning_rate()
                                                          : settings.learning_rate();
    const double rate = share * peak;
    const bool decays = kind == ParameterKind::kWeight || kind == ParameterKind::kEmbedding;
    first = settings.beta1() * first + (1 - settings.beta1()) * g;
    second = settings.beta2() * second + (1 - settings.beta2()) * g * g;
    const double mean = first / (1 - std::pow(settings.beta1(), step)),
                 square = second / (1 - std::pow(settings.beta2(), step));
    value -= rate * (mean / (std::sqrt(square) + settings.epsilon()) + (decays ? settings.weight_decay() * value : 0));
  }
  return value;
}

TEST(AdamWTest, EqualsThePaperInDouble) {
  const std::vector<Parameter> parameters = Train({0, 1, 2});
  for (int64_t t = 0; t < kTrials; ++t) {
    for (size_t i = 0; i < parameters.size(); ++i) {
      for (const int64_t element : {0, 17, 36}) {
        const double exact = ReferenceElement(Trials()[t].optimizer(), parameters[i].kind, t, static_cast<int64_t>(i), element);
        // 40 steps round a value of at most 4 by 2^-22 each; updates of at most 0.01 have a relative error of about 1e-6.
        EXPECT_NEAR(parameters[i].value[t][element].item().toDouble(), exact, kSteps * (0x1p-22 + 1e-8)) << t << " " << i;
      }
    }
  }
}

TEST(AdamWTest, ATrialHasTheSameBitsAlone) {
  const std::vector<Parameter> together = Train({0, 1, 2});
  for (int64_t t = 0; t < kTrials; ++t) {
    const std::vector<Parameter> alone = Train({t});
    for (size_t i = 0; i < alone.size(); ++i) EXPECT_TRUE(testing::SameBits(alone[i].value[0], together[i].value[t])) << t << i;
  }
}

TEST(AdamWTest, AParameterWithoutGradientStays) {
  std::vector<Parameter> parameters = Parameters({0});
  const Tensor before = parameters[0].value.detach().clone();
  AdamW optimizer({Trials()[0]}, parameters);
  std::vector<Tensor> gradients = GradientsAt(1, {0});
  gradients[0] = Tensor();
  optimizer.Step(gradients, Norms(gradients, 1), 1, parameters);
  EXPECT_TRUE(testing::SameBits(before, parameters[0].value));
}

TEST(SquaredNormsTest, AreExactToDouble) {
  const std::vector<Tensor> gradients = {testing::RandomTensor({2, 1000}, 1), Tensor(), testing::RandomTensor({2, 7}, 2)};
  const std::vector<double> sums = SquaredNorms(gradients, 2);
  for (int64_t t = 0; t < 2; ++t) {
    double exact = 0;
    for (const int i : {0, 2}) exact += gradients[i][t].to(at::kDouble).square().sum().item().toDouble();
    EXPECT_NEAR(sums[t], exact, 1e-12 * exact);
  }
}

}  // namespace
}  // namespace ablate::training
