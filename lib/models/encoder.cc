#include "lib/models/encoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <utility>

#include "lib/base/status_macros.h"
#include "lib/models/pass.h"
#include "lib/models/positions.h"

namespace ablate::models {
namespace {

using at::Tensor;

// Sinusoids have a deviation of 1 / sqrt(2); here the one that learned positions start with.
constexpr double kSinusoidScale = 0.02 * 1.4142135623730951;

}  // namespace

std::vector<double> Encoder::Rates(double (::ablate::Encoder::*rate)() const) const {
  return RatesOf(trials_, [rate](const Trial& trial) { return (trial.model().encoder().*rate)(); });
}

Tensor Encoder::Affine(const Tensor& x, const LinearPlaces& places) const {
  return Linear(x, parameters_[places.weight], parameters_[places.bias], bf16_);
}

Tensor Encoder::Embedded(const EncoderBatch& batch) const {
  const int64_t trials = batch.tokens.size(0), length = batch.tokens.size(2), width = settings_.width();
  const Tensor& words = parameters_[words_];
  Tensor nowhere = at::zeros({trials, length, width}, words.options().requires_grad(false)), positions = nowhere;
  if (positions_ >= 0) positions = parameters_[positions_];
  if (settings_.positions() == ::ablate::Encoder::SINUSOIDAL) {
    positions = (Sinusoids(length, width) * kSinusoidScale).to(words.device()).unsqueeze(0).expand({trials, length, width});
  }
  Tensor x = batch.word_vectors.defined() ? batch.word_vectors + positions.narrow(1, 0, length).unsqueeze(1)
                                          : Embed(batch.tokens, words, positions);
  if (settings_.token_types() > 0) {
    const Tensor given = batch.token_types.defined() ? batch.token_types : at::zeros_like(batch.tokens);
    const Tensor types = given.clamp_max(static_cast<int64_t>(settings_.token_types()) - 1);
    x = x + Embed(types, parameters_[token_types_], nowhere);
  }
  return x.view({trials, x.size(1) * length, width});
}

void Encoder::Classify(const Tensor& first, const Pass& pass, EncoderOutputs& outputs) const {
  outputs.pooled = first;
  if (settings_.pooler() != ::ablate::Encoder::NO_POOLER) {
    const Activation activation = settings_.pooler() == ::ablate::Encoder::TANH_POOLER ? Activation::kTanh : Activation::kRelu;
    outputs.pooled = Activate(Affine(first, pooler_), activation);
  }
  const int64_t site = 1 + stack_.sites();
  outputs.logits = Affine(DropOut(outputs.pooled, pass, Rates(&::ablate::Encoder::classifier_dropout), site, 1), classifier_);
}

Tensor Encoder::WordVectors(const Tensor& tokens) const {
  const Tensor& words = parameters_[words_];
  const int64_t width = settings_.width();
  return Embed(tokens, words, at::zeros({tokens.size(0), tokens.size(2), width}, words.options().requires_grad(false)));
}

Tensor Encoder::InputStates(const EncoderBatch& batch) const {
  return LayerNorm(Embedded(batch), Tensor(), parameters_[embedding_norm_.weight], parameters_[embedding_norm_.bias],
                   settings_.norm_epsilon());
}

Pass Encoder::PassOf(const EncoderBatch& batch, const std::optional<EncoderTrainingStep>& training) const {
  const auto settings_in = [](const Trial& trial) -> const ::ablate::Encoder& { return trial.model().encoder(); };
  return models::PassOf(trials_, parameters_.seeds(), batch, training, settings_in);
}

StackInputs Encoder::InputsOf(const EncoderBatch& batch, const std::vector<Tensor>& multipliers) const {
  const int64_t length = batch.tokens.size(2);
  StackInputs inputs;
  inputs.query_valid = inputs.key_valid = batch.valid;
  inputs.bias = DistanceBias(settings_.positions(), heads(), 0, length, length);
  if (inputs.bias.defined()) inputs.bias = inputs.bias.to(batch.tokens.device());
  inputs.multipliers = multipliers;
  inputs.value_factors = batch.kept_values;
  inputs.first_token_only = !batch.want_states;
  return inputs;
}

absl::StatusOr<Tensor> Encoder::StatesBehind(int64_t layer, const Tensor& states, const EncoderBatch& batch,
                                             const std::vector<Tensor>& multipliers) const {
  StackInputs inputs = InputsOf(batch, multipliers);
  inputs.first_token_only = false;
  StackOutputs aside;
  return stack_.ForwardLayer(parameters_, states, layer, inputs, PassOf(batch, std::nullopt), aside);
}

absl::StatusOr<EncoderOutputs> Encoder::Forward(const EncoderBatch& batch, const std::vector<Tensor>& multipliers,
                                                const std::optional<EncoderTrainingStep>& training) const {
  const int64_t trials = batch.tokens.size(0), examples = batch.tokens.size(1), length = batch.tokens.size(2);
  const Pass pass = PassOf(batch, training);
  const Tensor x = DropOut(InputStates(batch), pass, pass.dropout, 0, length);
  ASSIGN_OR_RETURN(StackOutputs stack, stack_.Forward(parameters_, x, InputsOf(batch, multipliers), pass));
  EncoderOutputs outputs;
  outputs.layers = std::move(stack.self);
  for (const attention::Outputs& layer : outputs.layers) {
    if (!layer.balance_loss.defined()) continue;
    const Tensor share = layer.balance_loss / static_cast<double>(layers());
    outputs.balance_loss = outputs.balance_loss.defined() ? outputs.balance_loss + share : share;
  }
  Tensor first = stack.states;
  if (batch.want_states) {
    outputs.states = stack.states.view({trials, examples, length, static_cast<int64_t>(settings_.width())});
    first = outputs.states.select(2, 0);
  }
  Classify(first, pass, outputs);
  return outputs;
}

}  // namespace ablate::models
