#include "lib/models/sequence_parts.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <cmath>

#include "fmt/format.h"
#include "lib/models/positions.h"

namespace ablate::models {

using at::Tensor;

EmbeddingPlaces SequenceParts::AddEmbedding(const std::string& name, int64_t vocabulary, int64_t tokens, int words,
                                            ParameterSet& parameters) const {
  const double deviation = VarianceKeepingDeviation(width_);
  EmbeddingPlaces places;
  places.words = words >= 0 ? words : parameters.AddEmbedding(name + ".words", vocabulary, width_, deviation);
  if (positions_ == ::ablate::Encoder::LEARNED) {
    places.positions = parameters.AddEmbedding(name + ".positions", tokens, width_, deviation);
  }
  return places;
}

Tensor SequenceParts::Embedded(const ParameterSet& parameters, const EmbeddingPlaces& places, const Tensor& tokens,
                               int64_t first_place) const {
  const int64_t trials = tokens.size(0), length = tokens.size(2);
  const Tensor& words = parameters[places.words];
  const double scale = std::sqrt(static_cast<double>(width_));
  Tensor positions;
  if (places.positions >= 0) {
    positions = parameters[places.positions].narrow(1, first_place, length);
  } else if (positions_ == ::ablate::Encoder::SINUSOIDAL) {
    const Tensor table = Sinusoids(first_place + length, width_).narrow(0, first_place, length) / scale;
    positions = table.to(words.device()).unsqueeze(0).expand({trials, length, width_});
  } else {
    positions = at::zeros({trials, length, width_}, words.options().requires_grad(false));
  }
  return (Embed(tokens, words, positions) * scale).view({trials, tokens.size(1) * length, width_});
}

Tensor SequenceParts::Logits(const ParameterSet& parameters, const Tensor& states, int words, int bias) const {
  return Linear(states, parameters[words].transpose(1, 2), parameters[bias], bf16_);
}

Tensor SequenceParts::Bias(int64_t first_place, int64_t queries, int64_t keys, at::Device device) const {
  const Tensor bias = DistanceBias(positions_, heads_, first_place, queries, keys);
  return bias.defined() ? bias.to(device) : bias;
}

absl::Status CheckSequenceModel(const std::vector<Trial>& trials, const std::vector<std::string>& shared, int64_t heads,
                                int64_t width, const NetworkShape& shape) {
  if (heads == 0 || width % heads != 0) {
    return absl::InvalidArgumentError(fmt::format("model: heads is {}; must divide width, {}", heads, width));
  }
  if (shape.vocabulary < 1 || shape.max_tokens < 1) {
    return absl::InvalidArgumentError(fmt::format("a task of {} different tokens, {} tokens at most: each must be at least 1",
                                                  shape.vocabulary, shape.max_tokens));
  }
  if (shape.classes > 0) return absl::InvalidArgumentError("a task of classes; this model writes sequences");
  for (size_t t = 1; t < trials.size(); ++t) {
    if (shared[t] != shared[0] || trials[t].training().precision() != trials[0].training().precision()) {
      return absl::InvalidArgumentError("trials of one array must have the same model (but for dropout) and precision");
    }
  }
  return absl::OkStatus();
}

void AddBalance(const std::vector<attention::Outputs>& attentions, int64_t count, Tensor& sum) {
  for (const attention::Outputs& outputs : attentions) {
    if (!outputs.balance_loss.defined()) continue;
    const Tensor share = outputs.balance_loss / static_cast<double>(count);
    sum = sum.defined() ? sum + share : share;
  }
}

Tensor SelectRows(const Tensor& tensor, const std::vector<int64_t>& rows) {
  return tensor.defined() ? at::index_select(tensor, 1, at::tensor(rows, at::kLong).to(tensor.device())) : tensor;
}

void SelectRows(const std::vector<int64_t>& rows, bool sources_too, std::vector<LayerCache>& caches) {
  for (LayerCache& cache : caches) {
    cache.keys = SelectRows(cache.keys, rows);
    cache.values = SelectRows(cache.values, rows);
    if (!sources_too) continue;
    cache.source_keys = SelectRows(cache.source_keys, rows);
    cache.source_values = SelectRows(cache.source_values, rows);
  }
}

Tensor OneTokenEach(const std::vector<int32_t>& tokens, at::Device device) {
  const std::vector<int64_t> wide(tokens.begin(), tokens.end());
  return at::tensor(wide, at::kLong).view({1, static_cast<int64_t>(wide.size()), 1}).to(device);
}

ParameterSet OfTrial(const ParameterSet& parameters, int64_t trial) {
  ParameterSet own({parameters.seeds()[trial]});
  for (const Parameter& parameter : parameters.all()) {
    Parameter view = parameter;
    view.value = parameter.value.detach().narrow(0, trial, 1);
    own.all().push_back(std::move(view));
  }
  return own;
}

}  // namespace ablate::models
