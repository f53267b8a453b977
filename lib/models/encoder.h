// The encoder of an array of trials: BERT's shape (Devlin et al. 2018, arXiv:1810.04805) with a linear classifier on the first
// token; positions, token types, pooler, activation, pre-norm and pretrained weights are settings. Behind the attention of the
// last layer only the first token is carried on, unless all are asked for.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/attention/attention.h"
#include "lib/models/layers.h"
#include "lib/models/parameter_set.h"
#include "lib/models/parameters.h"
#include "lib/models/stack.h"
#include "proto/trial.pb.h"

namespace ablate::models {

// What the task fixes.
struct EncoderShape {
  int64_t vocabulary = 0;
  int64_t max_tokens = 0;
  int64_t classes = 0;
};

// T trials, B examples, L tokens.
struct EncoderBatch {
  at::Tensor tokens;                              // [T, B, L] int64 in [0, vocabulary)
  at::Tensor valid;                               // [T, B, L] bool; false = padding
  at::Tensor token_types = {};                    // [T, B, L] int64; undefined: 0 everywhere
  std::vector<std::vector<int64_t>> places = {};  // [T][B]: of the examples in their set; for what is removed by chance
  double progress = 1;                            // share of the optimizer's steps taken, [0, 1]
  bool want_states = false;                       // whether EncoderOutputs.states is asked for
  // For attributions. [T, B, L, width]: vectors in the place of those of `tokens`; undefined: WordVectors(tokens).
  at::Tensor word_vectors = {};
  at::Tensor kept_values = {};  // [T, B, L] f32: factors of the value vectors in every head; undefined: 1
};

// What dropout masks are addressed by; absent in evaluation.
struct TrainingStep {
  uint64_t step = 0;                           // counted from 1
  std::vector<std::vector<int64_t>> examples;  // [T][B], places in the training set
};
using EncoderTrainingStep = TrainingStep;

struct EncoderOutputs {
  at::Tensor logits;                       // [T, B, classes] f32
  at::Tensor balance_loss;                 // [T] f32, mean over the layers; undefined if no trial has balance
  std::vector<attention::Outputs> layers;  // context left out
  at::Tensor states;                       // [T, B, L, width] behind the last layer; undefined if not wanted
  at::Tensor pooled;                       // [T, B, width]: what the classifier reads, before its dropout
};

class Encoder {
 public:
  // Trials sorted by (normalizer, structure) that agree in model (but for rates of dropout) and precision. InvalidArgument on a
  // model that can't be built; other errors are those of the file with pretrained weights (LoadPretrained), which is relative
  // to `data_folder`.
  static absl::StatusOr<Encoder> Make(const std::vector<Trial>& trials, const EncoderShape& shape,
                                      const std::string& data_folder = "");

  // `multipliers`: of each layer [T, H, 4]; empty if no trial has balance.
  absl::StatusOr<EncoderOutputs> Forward(const EncoderBatch& batch, const std::vector<at::Tensor>& multipliers,
                                         const std::optional<EncoderTrainingStep>& training) const;

  // What the words' embedding has for `tokens`, without positions and types: [T, B, L, width].
  at::Tensor WordVectors(const at::Tensor& tokens) const;

  // The states in front of the first layer, and behind a layer from those in front of it, in evaluation: [T, B * L, width].
  at::Tensor InputStates(const EncoderBatch& batch) const;
  absl::StatusOr<at::Tensor> StatesBehind(int64_t layer, const at::Tensor& states, const EncoderBatch& batch,
                                          const std::vector<at::Tensor>& multipliers) const;

  // Keeps the trials at these places (ascending); the others' slices are dropped.
  absl::Status Keep(const std::vector<int64_t>& trials);

  // To be called before parameters are handed out.
  void MoveTo(at::Device device) { parameters_.MoveTo(device); }

  // To be called after each step of the optimizer.
  void FinishStep() { stack_.Clamp(parameters_); }

  std::vector<Parameter>& parameters() { return parameters_.all(); }
  const std::vector<Parameter>& parameters() const { return parameters_.all(); }
  int64_t layers() const { return stack_.layers(); }
  int64_t heads() const { return settings_.heads(); }

  // d = alpha - 1 of a layer's heads, [T, H] f32; undefined if no trial has one.
  at::Tensor AlphaMinusOneOfLayer(int64_t layer) const { return stack_.self().AlphaMinusOne(parameters_, layer); }

  // What else normalizers learn in this layer, by name: [T, H], or [T, H, width] per input.
  std::map<std::string, at::Tensor> LearnedOfLayer(int64_t layer) const { return stack_.self().Learned(parameters_, layer); }

 private:
  Encoder(std::vector<Trial> trials, ParameterSet parameters, Stack stack)
      : trials_(std::move(trials)), parameters_(std::move(parameters)), stack_(std::move(stack)) {}
  void AddParameters(const EncoderShape& shape);

  std::vector<double> Rates(double (::ablate::Encoder::*rate)() const) const;  // [T]; empty where all are 0
  at::Tensor Embedded(const EncoderBatch& batch) const;                        // [T, B * L, width]
  Pass PassOf(const EncoderBatch& batch, const std::optional<EncoderTrainingStep>& training) const;
  StackInputs InputsOf(const EncoderBatch& batch, const std::vector<at::Tensor>& multipliers) const;
  at::Tensor Affine(const at::Tensor& x, const LinearPlaces& places) const;
  // From the first token's state [T, B, width].
  void Classify(const at::Tensor& first, const Pass& pass, EncoderOutputs& outputs) const;

  std::vector<Trial> trials_;
  ParameterSet parameters_;
  Stack stack_;
  LinearPlaces embedding_norm_, pooler_, classifier_;
  int words_ = 0, positions_ = -1, token_types_ = 0;
  ::ablate::Encoder settings_;  // of all trials, but for rates of dropout
  bool bf16_ = false;
};

}  // namespace ablate::models
