// What the models that write sequences have in common: their settings, embeddings, positions and output.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lib/models/network.h"
#include "lib/models/parameter_set.h"
#include "lib/models/pass.h"
#include "lib/models/stack.h"
#include "proto/trial.pb.h"

namespace ablate::models {

// Vectors of tokens and of their places.
struct EmbeddingPlaces {
  int words = 0;
  int positions = -1;  // -1: not learned
};

class SequenceParts {
 public:
  SequenceParts(::ablate::Encoder::Positions positions, int64_t heads, int64_t width, bool bf16)
      : positions_(positions), heads_(heads), width_(width), bf16_(bf16) {}

  // [vocabulary, width] vectors "NAME.words", and, where positions are learned, "NAME.positions" for so many tokens. With
  // `words` >= 0 those vectors serve.
  EmbeddingPlaces AddEmbedding(const std::string& name, int64_t vocabulary, int64_t tokens, int words,
                               ParameterSet& parameters) const;

  // sqrt(width) (word + position) of tokens [T, B, L] that stand from first_place on: [T, B * L, width].
  at::Tensor Embedded(const ParameterSet& parameters, const EmbeddingPlaces& places, const at::Tensor& tokens,
                      int64_t first_place) const;

  // Logits [T, N, vocabulary] of states [T, N, width] against the vectors of `words`.
  at::Tensor Logits(const ParameterSet& parameters, const at::Tensor& states, int words, int bias) const;

  // As DistanceBias, on this device.
  at::Tensor Bias(int64_t first_place, int64_t queries, int64_t keys, at::Device device) const;

 private:
  ::ablate::Encoder::Positions positions_;
  int64_t heads_, width_;
  bool bf16_;
};

// A model's settings without what trials of an array may differ in, serialized.
template <class Settings>
std::string SharedSettings(Settings settings) {
  settings.clear_dropout();
  settings.clear_attention_dropout();
  return settings.SerializeAsString();
}

// InvalidArgument where heads don't divide the width, the task is not one of sequences, or the trials differ in more than an
// array's may. `shared` [T]: what of each trial's model they must agree in, serialized.
absl::Status CheckSequenceModel(const std::vector<Trial>& trials, const std::vector<std::string>& shared, int64_t heads,
                                int64_t width, const NetworkShape& shape);

// Of the attentions that can have balance, each weighted by 1 / `count`: added to `sum`, which may be undefined.
void AddBalance(const std::vector<attention::Outputs>& attentions, int64_t count, at::Tensor& sum);

// Rows of a tensor [1, B, ...] in this order; undefined stays so.
at::Tensor SelectRows(const at::Tensor& tensor, const std::vector<int64_t>& rows);
// Of caches' own keys and values; `sources_too`: and of those of the source.
void SelectRows(const std::vector<int64_t>& rows, bool sources_too, std::vector<LayerCache>& caches);

// Tokens, one of each row, as [1, rows, 1] int64.
at::Tensor OneTokenEach(const std::vector<int32_t>& tokens, at::Device device);

// All parameters narrowed to one trial: views, nothing is copied.
ParameterSet OfTrial(const ParameterSet& parameters, int64_t trial);

}  // namespace ablate::models
