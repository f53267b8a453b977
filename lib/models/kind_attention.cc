#include "lib/models/kind_attention.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>

#include "lib/attention/learned_parameters.h"
#include "lib/base/status_macros.h"
#include "lib/models/layers.h"

namespace ablate::models {
namespace {

using at::Tensor;

bool LearnsAlpha(const Attention& settings) { return attention::Learns(settings, "alpha"); }

bool IsClamped(const Attention& settings) { return settings.alpha_form() == Attention::CLAMPED; }

// What the optimizer moves, at alpha - 1 = d.
double RawOf(const Attention& settings) {
  const double d = settings.alpha() - 1;
  return IsClamped(settings) ? d : std::log(d / (1 - d));
}

}  // namespace

bool HasParameter(const Trial& trial, const Parameter& parameter) {
  return parameter.learned.empty() || attention::Learns(attention::SettingsOf(trial, parameter.where), parameter.learned);
}

absl::StatusOr<KindAttention> KindAttention::Make(attention::Kind kind, const std::vector<Trial>& trials) {
  std::vector<Attention> settings;
  for (const Trial& trial : trials) settings.push_back(attention::SettingsOf(trial, kind));
  ASSIGN_OR_RETURN(attention::AttentionRule rule, attention::AttentionRule::Make(settings, kind));
  return KindAttention(kind, std::move(settings), std::move(rule));
}

void KindAttention::AddLayer(const std::string& prefix, int64_t heads, int64_t width, ParameterSet& parameters) {
  heads_ = heads;
  Places places;
  if (std::any_of(settings_.begin(), settings_.end(), LearnsAlpha)) {
    places.alpha = AddAlpha(prefix + "alpha", heads, parameters);
  }
  for (const attention::LearnedParameter& learned : attention::LearnedParameters(settings_)) {
    std::vector<int64_t> shape = {parameters.trials(), heads};
    if (learned.per_input) shape.push_back(width);
    const Tensor value = at::zeros(shape, at::kFloat);
    for (int64_t t = 0; t < parameters.trials(); ++t) value.select(0, t).fill_(learned.starts[t]);
    const ParameterKind kind = learned.per_input ? ParameterKind::kWeight : ParameterKind::kPerHead;
    const int place = parameters.Add(prefix + learned.name, kind, value);
    parameters.all()[place].learned = learned.name;
    parameters.all()[place].where = kind_;
    places.learned[learned.name] = place;
  }
  layers_.push_back(std::move(places));
}

int KindAttention::AddAlpha(const std::string& name, int64_t heads, ParameterSet& parameters) const {
  const Tensor raw = at::zeros({parameters.trials(), heads}, at::kFloat);
  const Tensor normal = InitialNormal(parameters.seeds(), name, {heads}, 1);
  for (size_t t = 0; t < settings_.size(); ++t) {
    const Attention& settings = settings_[t];
    if (!LearnsAlpha(settings)) continue;
    Tensor row = raw.select(0, static_cast<int64_t>(t));
    row.fill_(RawOf(settings));
    if (settings.alpha_start_deviation() > 0) {
      row.add_(normal.select(0, static_cast<int64_t>(t)) * settings.alpha_start_deviation());
    }
    if (IsClamped(settings)) row.clamp_(0, 1);
  }
  const int place = parameters.Add(name, ParameterKind::kAlpha, raw);
  parameters.all()[place].learned = "alpha";
  parameters.all()[place].where = kind_;
  return place;
}

Tensor KindAttention::AlphaMinusOne(const ParameterSet& parameters, int64_t layer) const {
  if (std::none_of(settings_.begin(), settings_.end(), attention::ReadsAlpha)) return {};
  std::vector<bool> learned, clamped;
  std::vector<double> fixed;
  for (const Attention& settings : settings_) {
    learned.push_back(LearnsAlpha(settings));
    clamped.push_back(IsClamped(settings));
    fixed.push_back(settings.alpha() - 1);
  }
  const int place = layers_[layer].alpha;
  const Tensor raw =
      place < 0 ? at::zeros({parameters.trials(), heads_}, parameters[0].options().requires_grad(false)) : parameters[place];
  return models::AlphaMinusOne(raw, learned, fixed, clamped);
}

std::map<std::string, Tensor> KindAttention::Learned(const ParameterSet& parameters, int64_t layer) const {
  std::map<std::string, Tensor> values;
  for (const auto& [name, place] : layers_[layer].learned) values[name] = parameters[place];
  return values;
}

void KindAttention::Clamp(ParameterSet& parameters) const {
  at::NoGradGuard guard;
  for (const Places& places : layers_) {
    for (size_t t = 0; places.alpha >= 0 && t < settings_.size(); ++t) {
      if (!LearnsAlpha(settings_[t]) || !IsClamped(settings_[t])) continue;
      parameters[places.alpha].detach().select(0, static_cast<int64_t>(t)).clamp_(0, 1);
    }
  }
}

absl::Status KindAttention::Keep(const std::vector<int64_t>& trials) {
  std::vector<Attention> kept;
  for (const int64_t t : trials) kept.push_back(settings_[t]);
  ASSIGN_OR_RETURN(rule_, attention::AttentionRule::Make(kept, kind_));
  settings_ = std::move(kept);
  return absl::OkStatus();
}

}  // namespace ablate::models
