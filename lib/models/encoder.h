// The encoder of an array of trials: BERT's shape (Devlin et al. 2018, arXiv:1810.04805) with learned positions and a linear
// classifier on the first token; token types, pooler, activation, pre-norm and pretrained weights are settings. Behind the
// attention of the last layer only the first token is carried on, unless all are asked for.
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
#include "lib/models/parameters.h"
#include "lib/models/pretrained.h"
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
struct EncoderTrainingStep {
  uint64_t step = 0;                           // counted from 1
  std::vector<std::vector<int64_t>> examples;  // [T][B], places in the training set
};

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
  void MoveTo(at::Device device);

  std::vector<Parameter>& parameters() { return parameters_; }
  const std::vector<Parameter>& parameters() const { return parameters_; }
  int64_t layers() const { return layers_.size(); }
  int64_t heads() const { return heads_; }

  // d = alpha - 1 of a layer's heads, [T, H] f32; undefined if no trial has one.
  at::Tensor AlphaMinusOneOfLayer(int64_t layer) const;

  // What else normalizers learn in this layer, by name: [T, H], or [T, H, width] per input.
  std::map<std::string, at::Tensor> LearnedOfLayer(int64_t layer) const;

 private:
  // Places of parameters in parameters_.
  struct LinearPlaces {
    int weight = 0, bias = 0;
  };
  struct LayerPlaces {
    LinearPlaces query_key_value, attention_output, feed_forward_in, feed_forward_out;
    LinearPlaces attention_norm, feed_forward_norm;
    int alpha = -1;  // -1: no trial learns alpha
    std::map<std::string, int> learned;
  };

  explicit Encoder(attention::AttentionRule rule) : rule_(std::move(rule)) {}
  void AddParameters(const EncoderShape& shape);
  void AddLayer(int64_t layer);
  at::Tensor Stored(const std::string& name) const;  // of all trials; undefined: not among the pretrained weights
  int AddEmbedding(const std::string& name, int64_t rows);
  int Add(const std::string& name, ParameterKind kind, at::Tensor value);
  LinearPlaces AddLinear(const std::string& name, int64_t in, int64_t out, double deviation);
  LinearPlaces AddNorm(const std::string& name);
  int AddAlpha(const std::string& name);
  void AddLearned(const std::string& prefix, LayerPlaces& places);

  at::Tensor ApplyLinear(const at::Tensor& x, const LinearPlaces& places) const;
  at::Tensor ApplyNorm(const at::Tensor& x, const at::Tensor& residual, const LinearPlaces& places) const;
  std::vector<double> Rates(double (::ablate::Encoder::*rate)() const) const;  // [T]; empty where all are 0
  at::Tensor ApplyDropout(const at::Tensor& x, const std::optional<EncoderTrainingStep>& training, int64_t site,
                          int64_t positions, double (::ablate::Encoder::*rate)() const = &::ablate::Encoder::dropout) const;
  at::Tensor Embedded(const EncoderBatch& batch) const;  // [T, B * L, width]
  absl::StatusOr<attention::Outputs> Attend(const at::Tensor& x, const EncoderBatch& batch, int64_t layer,
                                            const std::vector<at::Tensor>& multipliers,
                                            const std::optional<EncoderTrainingStep>& training) const;
  at::Tensor FinishLayer(const at::Tensor& x, const at::Tensor& context, int64_t layer, int64_t positions,
                         const std::optional<EncoderTrainingStep>& training) const;
  // From the first token's state [T, B, width].
  void Classify(const at::Tensor& first, const std::optional<EncoderTrainingStep>& training, EncoderOutputs& outputs) const;
  bool pre_norm() const { return settings_.norm() == ::ablate::Encoder::PRE; }
  const at::Tensor& Value(int place) const { return parameters_[place].value; }

  attention::AttentionRule rule_;
  std::vector<Trial> trials_;
  std::vector<uint64_t> seeds_;  // [T]
  std::vector<Parameter> parameters_;
  std::vector<LayerPlaces> layers_;
  LinearPlaces embedding_norm_, final_norm_, pooler_, classifier_;
  int words_ = 0, positions_ = 0, token_types_ = 0;
  ::ablate::Encoder settings_;    // of all trials, but for rates of dropout
  PretrainedWeights pretrained_;  // while parameters are made
  Activation activation_ = Activation::kGelu;
  int64_t width_ = 0, heads_ = 0, feed_forward_ = 0;
  bool bf16_ = false;
};

// Whether the trial has this parameter, which others of its array may have brought along.
bool HasParameter(const Trial& trial, const Parameter& parameter);

}  // namespace ablate::models
