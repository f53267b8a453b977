// How an encoder is made and what it learns; encoder.cc computes with it.
#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "fmt/format.h"
#include "lib/attention/learned_parameters.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/models/encoder.h"
#include "lib/models/layers.h"

namespace ablate::models {
namespace {

using at::Tensor;

// BERT's deviation, for embeddings and classifier. Inner layers keep the variance of what goes through them instead: at small
// widths a deviation of 0.02 would let the residual branches vanish.
constexpr double kSmallDeviation = 0.02;

double VarianceKeepingDeviation(int64_t in) { return 1 / std::sqrt(static_cast<double>(in)); }

std::vector<Attention> AttentionOf(const std::vector<Trial>& trials) {
  std::vector<Attention> attention;
  for (const Trial& trial : trials) attention.push_back(trial.attention());
  return attention;
}

// The model without what trials of an array may differ in.
std::string SharedModel(const Trial& trial) {
  Model model = trial.model();
  model.mutable_encoder()->clear_dropout();
  model.mutable_encoder()->clear_attention_dropout();
  model.mutable_encoder()->clear_classifier_dropout();
  return model.SerializeAsString();
}

absl::Status Check(const std::vector<Trial>& trials, const EncoderShape& shape) {
  if (trials.empty()) return absl::InvalidArgumentError("an array of no trials: at least one is needed");
  if (!trials[0].model().has_encoder()) return absl::InvalidArgumentError("model: none is set; allowed: encoder");
  const ::ablate::Encoder& encoder = trials[0].model().encoder();
  if (encoder.heads() == 0 || encoder.width() % encoder.heads() != 0) {
    return absl::InvalidArgumentError(
        fmt::format("model.encoder.heads: {}; must divide width, {}", encoder.heads(), encoder.width()));
  }
  if (shape.vocabulary < 1 || shape.max_tokens < 1 || shape.classes < 1) {
    return absl::InvalidArgumentError(
        fmt::format("a task of {} classes, {} different tokens, {} tokens at most: each must be "
                    "at least 1",
                    shape.classes, shape.vocabulary, shape.max_tokens));
  }
  for (const Trial& trial : trials) {
    if (SharedModel(trial) != SharedModel(trials[0]) || trial.training().precision() != trials[0].training().precision()) {
      return absl::InvalidArgumentError("trials of one array must have the same model (but for dropout) and precision");
    }
  }
  if (!encoder.pretrained().empty() && encoder.norm() == ::ablate::Encoder::PRE) {
    return absl::InvalidArgumentError("model.encoder.norm: PRE; pretrained weights are of post-norm encoders");
  }
  return absl::OkStatus();
}

Activation ActivationOf(const ::ablate::Encoder& settings) {
  switch (settings.activation()) {
    case ::ablate::Encoder::RELU:
      return Activation::kRelu;
    case ::ablate::Encoder::TANH_GELU:
      return Activation::kTanhGelu;
    default:
      return Activation::kGelu;
  }
}

bool LearnsAlpha(const Trial& trial) { return attention::Learns(trial.attention(), "alpha"); }

}  // namespace

bool HasParameter(const Trial& trial, const Parameter& parameter) {
  return parameter.learned.empty() || attention::Learns(trial.attention(), parameter.learned);
}

absl::StatusOr<Encoder> Encoder::Make(const std::vector<Trial>& trials, const EncoderShape& shape,
                                      const std::string& data_folder) {
  RETURN_IF_ERROR(Check(trials, shape));
  ASSIGN_OR_RETURN(attention::AttentionRule rule, attention::AttentionRule::Make(AttentionOf(trials)));
  Encoder encoder(std::move(rule));
  const ::ablate::Encoder& settings = trials[0].model().encoder();
  encoder.trials_ = trials;
  encoder.settings_ = settings;
  encoder.activation_ = ActivationOf(settings);
  for (const Trial& trial : trials) encoder.seeds_.push_back(trial.seed());
  encoder.width_ = settings.width();
  encoder.heads_ = settings.heads();
  encoder.feed_forward_ = settings.feed_forward() == 0 ? 4 * encoder.width_ : settings.feed_forward();
  encoder.bf16_ = trials[0].training().precision() == Training::BF16;
  encoder.layers_.resize(settings.layers());
  FixProductBits();
  if (!settings.pretrained().empty()) {
    ASSIGN_OR_RETURN(encoder.pretrained_, LoadPretrained(JoinPath(data_folder, settings.pretrained()), settings,
                                                         shape.vocabulary, shape.max_tokens));
  }
  encoder.AddParameters(shape);
  encoder.pretrained_.clear();
  return encoder;
}

void Encoder::AddParameters(const EncoderShape& shape) {
  words_ = AddEmbedding("embeddings.words", shape.vocabulary);
  positions_ = AddEmbedding("embeddings.positions", shape.max_tokens);
  if (settings_.token_types() > 0) token_types_ = AddEmbedding("embeddings.token_types", settings_.token_types());
  embedding_norm_ = AddNorm("embeddings.norm");
  for (int64_t layer = 0; layer < layers(); ++layer) AddLayer(layer);
  if (pre_norm()) final_norm_ = AddNorm("final_norm");
  if (settings_.pooler() != ::ablate::Encoder::NO_POOLER) {
    pooler_ = AddLinear("pooler", width_, width_, VarianceKeepingDeviation(width_));
  }
  classifier_ = AddLinear("classifier", width_, shape.classes, kSmallDeviation);
}

void Encoder::AddLayer(int64_t layer) {
  const std::string name = fmt::format("layers.{}.", layer);
  const double deviation = VarianceKeepingDeviation(width_);
  LayerPlaces& places = layers_[layer];
  places.query_key_value = AddLinear(name + "attention.query_key_value", width_, 3 * width_, deviation);
  places.attention_output = AddLinear(name + "attention.output", width_, width_, deviation);
  places.attention_norm = AddNorm(name + "attention.norm");
  places.feed_forward_in = AddLinear(name + "feed_forward.in", width_, feed_forward_, deviation);
  places.feed_forward_out =
      AddLinear(name + "feed_forward.out", feed_forward_, width_, VarianceKeepingDeviation(feed_forward_));
  places.feed_forward_norm = AddNorm(name + "feed_forward.norm");
  if (std::any_of(trials_.begin(), trials_.end(), LearnsAlpha)) places.alpha = AddAlpha(name + "attention.alpha");
  AddLearned(name + "attention.", places);
}

int Encoder::Add(const std::string& name, ParameterKind kind, Tensor value) {
  value.set_requires_grad(true);
  parameters_.push_back({name, kind, std::move(value), ""});
  return static_cast<int>(parameters_.size()) - 1;
}

Tensor Encoder::Stored(const std::string& name) const {
  const auto found = pretrained_.find(name);
  if (found == pretrained_.end()) return {};
  std::vector<int64_t> shape = found->second.sizes().vec();
  shape.insert(shape.begin(), static_cast<int64_t>(trials_.size()));
  return found->second.unsqueeze(0).expand(shape).clone(at::MemoryFormat::Contiguous);
}

int Encoder::AddEmbedding(const std::string& name, int64_t rows) {
  const Tensor stored = Stored(name);
  return Add(name, ParameterKind::kEmbedding,
             stored.defined() ? stored : InitialNormal(seeds_, name, {rows, width_}, kSmallDeviation));
}

Encoder::LinearPlaces Encoder::AddLinear(const std::string& name, int64_t in, int64_t out, double deviation) {
  const int64_t trials = trials_.size();
  const std::string weight = name + ".weight";
  const Tensor stored = Stored(weight), bias = Stored(name + ".bias");
  const int place =
      Add(weight, ParameterKind::kWeight, stored.defined() ? stored : InitialNormal(seeds_, weight, {in, out}, deviation));
  return {place, Add(name + ".bias", ParameterKind::kBias, bias.defined() ? bias : at::zeros({trials, out}, at::kFloat))};
}

Encoder::LinearPlaces Encoder::AddNorm(const std::string& name) {
  const int64_t trials = trials_.size();
  const Tensor stored = Stored(name + ".weight"), bias = Stored(name + ".bias");
  const int weight =
      Add(name + ".weight", ParameterKind::kNorm, stored.defined() ? stored : at::ones({trials, width_}, at::kFloat));
  return {weight, Add(name + ".bias", ParameterKind::kNorm, bias.defined() ? bias : at::zeros({trials, width_}, at::kFloat))};
}

int Encoder::AddAlpha(const std::string& name) {
  const Tensor raw = at::zeros({static_cast<int64_t>(trials_.size()), heads_}, at::kFloat);
  for (size_t t = 0; t < trials_.size(); ++t) {
    if (!LearnsAlpha(trials_[t])) continue;
    const double d = trials_[t].attention().alpha() - 1;
    raw.select(0, t).fill_(std::log(d / (1 - d)));
  }
  const int place = Add(name, ParameterKind::kAlpha, raw);
  parameters_[place].learned = "alpha";
  return place;
}

void Encoder::AddLearned(const std::string& prefix, LayerPlaces& places) {
  const int64_t trials = trials_.size();
  for (const attention::LearnedParameter& learned : attention::LearnedParameters(AttentionOf(trials_))) {
    std::vector<int64_t> shape = {trials, heads_};
    if (learned.per_input) shape.push_back(width_);
    const Tensor value = at::zeros(shape, at::kFloat);
    for (int64_t t = 0; t < trials; ++t) value.select(0, t).fill_(learned.starts[t]);
    const ParameterKind kind = learned.per_input ? ParameterKind::kWeight : ParameterKind::kPerHead;
    const int place = Add(prefix + learned.name, kind, value);
    parameters_[place].learned = learned.name;
    places.learned[learned.name] = place;
  }
}

void Encoder::MoveTo(at::Device device) {
  for (Parameter& parameter : parameters_) {
    parameter.value = parameter.value.detach().to(device);
    parameter.value.set_requires_grad(true);
  }
}

absl::Status Encoder::Keep(const std::vector<int64_t>& trials) {
  std::vector<Trial> kept;
  for (const int64_t t : trials) kept.push_back(trials_[t]);
  ASSIGN_OR_RETURN(rule_, attention::AttentionRule::Make(AttentionOf(kept)));
  trials_ = std::move(kept);
  seeds_.clear();
  for (const Trial& trial : trials_) seeds_.push_back(trial.seed());
  for (Parameter& parameter : parameters_) {
    parameter.value = KeepTrials(parameter.value, trials);
    parameter.value.set_requires_grad(true);
  }
  return absl::OkStatus();
}

Tensor Encoder::AlphaMinusOneOfLayer(int64_t layer) const {
  const int64_t trials = trials_.size();
  const auto has_alpha = [](const Trial& trial) { return attention::ReadsAlpha(trial.attention()); };
  if (std::none_of(trials_.begin(), trials_.end(), has_alpha)) return {};
  std::vector<bool> learned;
  std::vector<double> fixed;
  for (const Trial& trial : trials_) {
    learned.push_back(LearnsAlpha(trial));
    fixed.push_back(trial.attention().alpha() - 1);
  }
  const int place = layers_[layer].alpha;
  return AlphaMinusOne(place < 0 ? at::zeros({trials, heads_}, Value(words_).options()) : Value(place), learned, fixed);
}

std::map<std::string, Tensor> Encoder::LearnedOfLayer(int64_t layer) const {
  std::map<std::string, Tensor> values;
  for (const auto& [name, place] : layers_[layer].learned) values[name] = Value(place);
  return values;
}

}  // namespace ablate::models
