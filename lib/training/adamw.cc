#include "lib/training/adamw.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>

#include "lib/training/adamw_loop.h"
#include "lib/training/schedule.h"

namespace ablate::training {
namespace {

using at::Tensor;
using models::ParameterKind;

bool Decays(ParameterKind kind) { return kind == ParameterKind::kWeight || kind == ParameterKind::kEmbedding; }

double PeakRate(const Optimizer& settings, ParameterKind kind) {
  if (kind == ParameterKind::kAlpha) return settings.alpha_learning_rate();
  return kind == ParameterKind::kPerHead ? settings.normalizer_learning_rate() : settings.learning_rate();
}

// As AdamWLoop, on any device.
void StepSlice(const AdamWCoefficients& c, const Tensor& gradient, Tensor value, Tensor first, Tensor second) {
  const Tensor g = gradient * c.gradient_scale;
  first.mul_(c.beta1).add_(g, 1 - c.beta1);
  second.mul_(c.beta2).addcmul_(g, g, 1 - c.beta2);
  value.mul_(c.decay).sub_(first / (second.sqrt() * c.second_scale + c.epsilon), c.step_size);
}

double SquaredNormOfSlice(const Tensor& gradient, int64_t t) {
  const Tensor slice = gradient.select(0, t);
  if (!slice.is_cpu()) return slice.to(at::kDouble).square().sum().item<double>();
  return SumOfSquares(slice.const_data_ptr<float>(), slice.numel());
}

}  // namespace

std::vector<double> SquaredNorms(const std::vector<Tensor>& gradients, int64_t trials) {
  std::vector<double> sums(trials, 0);
  for (const Tensor& gradient : gradients) {
    if (!gradient.defined()) continue;
    const Tensor own = gradient.contiguous();
    for (int64_t t = 0; t < trials; ++t) sums[t] += SquaredNormOfSlice(own, t);
  }
  return sums;
}

AdamW::AdamW(const std::vector<Trial>& trials, const std::vector<models::Parameter>& parameters) : trials_(trials) {
  for (const models::Parameter& parameter : parameters) {
    const Tensor value = parameter.value.detach();
    moments_.push_back({at::zeros_like(value), at::zeros_like(value)});
  }
}

double AdamW::LearningRate(int64_t trial, int64_t step) const {
  const Optimizer& settings = trials_[trial].optimizer();
  return settings.learning_rate() * ScheduleShare(settings, trials_[trial].training().steps(), step);
}

struct AdamW::Coefficients : AdamWCoefficients {};

AdamW::Coefficients AdamW::CoefficientsOf(int64_t trial, ParameterKind kind, int64_t step, double norm) const {
  const Optimizer& settings = trials_[trial].optimizer();
  const double share = ScheduleShare(settings, trials_[trial].training().steps(), step);
  const double rate = share * PeakRate(settings, kind);
  const bool clips = settings.clip_norm() > 0 && norm > settings.clip_norm();
  Coefficients c;
  c.gradient_scale = static_cast<float>(clips ? settings.clip_norm() / norm : 1);
  c.beta1 = static_cast<float>(settings.beta1());
  c.beta2 = static_cast<float>(settings.beta2());
  c.decay = static_cast<float>(Decays(kind) ? 1 - rate * settings.weight_decay() : 1);
  c.step_size = static_cast<float>(rate / (1 - std::pow(settings.beta1(), static_cast<double>(step))));
  c.second_scale = static_cast<float>(1 / std::sqrt(1 - std::pow(settings.beta2(), static_cast<double>(step))));
  c.epsilon = static_cast<float>(settings.epsilon());
  return c;
}

void AdamW::Step(const std::vector<Tensor>& gradients, const std::vector<double>& norms, int64_t step,
                 std::vector<models::Parameter>& parameters) {
  const at::NoGradGuard no_gradients;
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (!gradients[i].defined()) continue;
    const Tensor gradient = gradients[i].contiguous();
    for (int64_t t = 0; t < gradient.size(0); ++t) {
      const Coefficients c = CoefficientsOf(t, parameters[i].kind, step, norms[t]);
      const Tensor g = gradient.select(0, t), value = parameters[i].value.detach().select(0, t);
      const Tensor first = moments_[i].first.select(0, t), second = moments_[i].second.select(0, t);
      if (value.is_cpu()) {
        AdamWLoop(c, g.const_data_ptr<float>(), g.numel(), value.mutable_data_ptr<float>(), first.mutable_data_ptr<float>(),
                  second.mutable_data_ptr<float>());
      } else {
        StepSlice(c, g, value, first, second);
      }
    }
  }
}

void AdamW::Keep(const std::vector<int64_t>& trials) {
  std::vector<Trial> kept;
  for (const int64_t t : trials) kept.push_back(trials_[t]);
  trials_ = std::move(kept);
  for (Moments& moments : moments_) {
    moments.first = models::KeepTrials(moments.first, trials);
    moments.second = models::KeepTrials(moments.second, trials);
  }
}

}  // namespace ablate::training
