#include "lib/models/encoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <utility>

#include "lib/base/status_macros.h"
#include "lib/models/layers.h"

namespace ablate::models {

using at::Tensor;

Tensor Encoder::ApplyLinear(const Tensor& x, const LinearPlaces& places) const {
  return Linear(x, Value(places.weight), Value(places.bias), bf16_);
}

Tensor Encoder::ApplyNorm(const Tensor& x, const Tensor& residual, const LinearPlaces& places) const {
  return LayerNorm(x, residual, Value(places.weight), Value(places.bias), settings_.norm_epsilon());
}

std::vector<double> Encoder::Rates(double (::ablate::Encoder::*rate)() const) const {
  std::vector<double> rates;
  for (const Trial& trial : trials_) rates.push_back((trial.model().encoder().*rate)());
  const bool any = std::any_of(rates.begin(), rates.end(), [](double r) { return r > 0; });
  return any ? rates : std::vector<double>();
}

Tensor Encoder::ApplyDropout(const Tensor& x, const std::optional<EncoderTrainingStep>& training, int64_t site,
                             int64_t positions, double (::ablate::Encoder::*rate)() const) const {
  const std::vector<double> rates = Rates(rate);
  if (!training.has_value() || rates.empty()) return x;
  return Dropout(x, {seeds_, rates, training->step, training->examples, static_cast<int>(site), positions});
}

Tensor Encoder::Embedded(const EncoderBatch& batch) const {
  Tensor x = batch.word_vectors.defined()
                 ? batch.word_vectors + Value(positions_).narrow(1, 0, batch.tokens.size(2)).unsqueeze(1)
                 : Embed(batch.tokens, Value(words_), Value(positions_));
  if (settings_.token_types() > 0) {
    const Tensor given = batch.token_types.defined() ? batch.token_types : at::zeros_like(batch.tokens);
    const Tensor types = given.clamp_max(static_cast<int64_t>(settings_.token_types()) - 1);
    x = x + Embed(types, Value(token_types_), at::zeros_like(Value(positions_)));
  }
  return x.view({x.size(0), x.size(1) * x.size(2), width_});
}

absl::StatusOr<attention::Outputs> Encoder::Attend(const Tensor& x, const EncoderBatch& batch, int64_t layer,
                                                   const std::vector<Tensor>& multipliers,
                                                   const std::optional<EncoderTrainingStep>& training) const {
  const int64_t trials = batch.tokens.size(0), examples = batch.tokens.size(1), length = batch.tokens.size(2);
  Tensor projected = ApplyLinear(x, layers_[layer].query_key_value);
  if (bf16_) projected = projected.to(at::kBFloat16);
  // [3, T, B, H, L, D of a head]
  const Tensor parts =
      projected.view({trials, examples, length, 3, heads_, width_ / heads_}).permute({3, 0, 1, 4, 2, 5}).contiguous();
  attention::Inputs inputs;
  inputs.queries = parts.select(0, 0);
  inputs.keys = parts.select(0, 1);
  inputs.values = parts.select(0, 2);
  if (batch.kept_values.defined()) {
    inputs.values = inputs.values * batch.kept_values.view({trials, examples, 1, length, 1}).to(inputs.values.scalar_type());
  }
  inputs.query_valid = batch.valid;
  inputs.key_valid = batch.valid;
  inputs.alpha_minus_one = AlphaMinusOneOfLayer(layer);
  inputs.learned = LearnedOfLayer(layer);
  inputs.query_inputs = x.view({trials, examples, length, width_});
  if (!multipliers.empty()) inputs.multipliers = multipliers[layer];
  inputs.want_support = !training.has_value();
  inputs.moment = {training.has_value(),    batch.progress, training.has_value() ? training->step : 0,
                   static_cast<int>(layer), seeds_,         training.has_value() ? training->examples : batch.places};
  if (training.has_value()) inputs.dropout = Rates(&::ablate::Encoder::attention_dropout);
  return rule_.Attend(inputs);
}

Tensor Encoder::FinishLayer(const Tensor& x, const Tensor& context, int64_t layer, int64_t positions,
                            const std::optional<EncoderTrainingStep>& training) const {
  const LayerPlaces& places = layers_[layer];
  const Tensor attended = ApplyDropout(ApplyLinear(context, places.attention_output), training, 1 + 2 * layer, positions);
  const Tensor middle = pre_norm() ? x + attended : ApplyNorm(attended, x, places.attention_norm);
  const Tensor fed = pre_norm() ? ApplyNorm(middle, Tensor(), places.feed_forward_norm) : middle;
  const Tensor inner = Activate(ApplyLinear(fed, places.feed_forward_in), activation_);
  const Tensor outer = ApplyDropout(ApplyLinear(inner, places.feed_forward_out), training, 2 + 2 * layer, positions);
  return pre_norm() ? middle + outer : ApplyNorm(outer, middle, places.feed_forward_norm);
}

void Encoder::Classify(const Tensor& first, const std::optional<EncoderTrainingStep>& training, EncoderOutputs& outputs) const {
  outputs.pooled = first;
  if (settings_.pooler() != ::ablate::Encoder::NO_POOLER) {
    const Activation activation = settings_.pooler() == ::ablate::Encoder::TANH_POOLER ? Activation::kTanh : Activation::kRelu;
    outputs.pooled = Activate(ApplyLinear(first, pooler_), activation);
  }
  const Tensor read = ApplyDropout(outputs.pooled, training, 1 + 2 * layers(), 1, &::ablate::Encoder::classifier_dropout);
  outputs.logits = ApplyLinear(read, classifier_);
}

Tensor Encoder::WordVectors(const Tensor& tokens) const {
  return Embed(tokens, Value(words_), at::zeros_like(Value(positions_)));
}

Tensor Encoder::InputStates(const EncoderBatch& batch) const { return ApplyNorm(Embedded(batch), Tensor(), embedding_norm_); }

absl::StatusOr<Tensor> Encoder::StatesBehind(int64_t layer, const Tensor& states, const EncoderBatch& batch,
                                             const std::vector<Tensor>& multipliers) const {
  const Tensor seen = pre_norm() ? ApplyNorm(states, Tensor(), layers_[layer].attention_norm) : states;
  ASSIGN_OR_RETURN(const attention::Outputs attended, Attend(seen, batch, layer, multipliers, std::nullopt));
  const Tensor context = attended.context.permute({0, 1, 3, 2, 4}).reshape(states.sizes());
  return FinishLayer(states, context, layer, batch.tokens.size(2), std::nullopt);
}

absl::StatusOr<EncoderOutputs> Encoder::Forward(const EncoderBatch& batch, const std::vector<Tensor>& multipliers,
                                                const std::optional<EncoderTrainingStep>& training) const {
  const int64_t trials = batch.tokens.size(0), examples = batch.tokens.size(1), length = batch.tokens.size(2);
  EncoderOutputs outputs;
  Tensor x = ApplyDropout(ApplyNorm(Embedded(batch), Tensor(), embedding_norm_), training, 0, length);
  for (int64_t layer = 0; layer < layers(); ++layer) {
    const Tensor seen = pre_norm() ? ApplyNorm(x, Tensor(), layers_[layer].attention_norm) : x;
    ASSIGN_OR_RETURN(attention::Outputs attended, Attend(seen, batch, layer, multipliers, training));
    Tensor context = attended.context.permute({0, 1, 3, 2, 4});  // [T, B, L, H, D of a head]
    int64_t positions = length;
    if (layer == layers() - 1 && !batch.want_states) {
      context = context.narrow(2, 0, 1);
      x = x.view({trials, examples, length, width_}).select(2, 0);
      positions = 1;
    }
    x = FinishLayer(x, context.reshape({trials, examples * positions, width_}), layer, positions, training);
    if (attended.balance_loss.defined()) {
      const Tensor share = attended.balance_loss / static_cast<double>(layers());
      outputs.balance_loss = outputs.balance_loss.defined() ? outputs.balance_loss + share : share;
    }
    attended.context = Tensor();
    outputs.layers.push_back(std::move(attended));
  }
  if (pre_norm()) x = ApplyNorm(x, Tensor(), final_norm_);
  if (batch.want_states) {
    outputs.states = x.view({trials, examples, length, width_});
    x = outputs.states.select(2, 0);
  }
  Classify(x, training, outputs);
  return outputs;
}

}  // namespace ablate::models
