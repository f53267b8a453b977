// A stack of Transformer layers for an array of trials: self-attention, attention to a source where there is one, feed-forward;
// post-norm or pre-norm. Vaswani et al. 2017, arXiv:1706.03762. All models are made of it.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/attention/attention.h"
#include "lib/models/kind_attention.h"
#include "lib/models/layers.h"
#include "lib/models/parameter_set.h"
#include "proto/trial.pb.h"

namespace ablate::models {

struct StackShape {
  int64_t layers = 0, heads = 0, width = 0, feed_forward = 0;
  Activation activation = Activation::kGelu;
  bool pre_norm = false;
  double norm_epsilon = 1e-12;
  bool bf16 = false;
};

Activation ActivationOf(::ablate::Encoder::Activation activation);

// Of any model's settings (Encoder, SequenceToSequence, Decoder), with so many layers.
template <class Settings>
StackShape ShapeOf(const Settings& settings, int64_t layers, bool bf16) {
  StackShape shape;
  shape.layers = layers;
  shape.heads = settings.heads();
  shape.width = settings.width();
  shape.feed_forward = settings.feed_forward() == 0 ? 4 * shape.width : settings.feed_forward();
  shape.activation = ActivationOf(settings.activation());
  shape.pre_norm = settings.norm() == ::ablate::Encoder::PRE;
  shape.norm_epsilon = settings.norm_epsilon();
  shape.bf16 = bf16;
  return shape;
}

// What a forward pass of T trials over B examples depends on beside its inputs.
struct Pass {
  std::vector<uint64_t> seeds;               // [T]
  bool training = false;                     // else nothing is dropped out
  uint64_t step = 0;                         // in training counted from 1
  std::vector<std::vector<int64_t>> places;  // [T][B]: of the examples in their set
  double progress = 1;                       // share of the optimizer's steps taken, [0, 1]
  std::vector<double> dropout;               // [T]; empty: none
  std::vector<double> attention_dropout;     // likewise
  bool want_support = true;                  // out of training
};

// x [T, B * positions, width] with units dropped at these rates ([T]; empty: none) in training; `site` is the mask's address.
at::Tensor DropOut(const at::Tensor& x, const Pass& pass, const std::vector<double>& rates, int64_t site, int64_t positions);

// Keys and values of one layer, kept while a sequence is continued token by token: [T, B, H, tokens, D of a head]; undefined
// before the first.
struct LayerCache {
  at::Tensor keys, values;
  at::Tensor source_keys, source_values;
};

struct StackInputs {
  at::Tensor query_valid;                     // [T, B, L] bool; false = padding
  at::Tensor key_valid;                       // [T, B, K] bool of the tokens seen: query_valid, but with `caches`
  at::Tensor bias = {};                       // [H, L, K], added to the scores of self-attention; undefined: none
  at::Tensor source = {};                     // [T, B * S, width]: what cross-attention sees
  at::Tensor source_valid = {};               // [T, B, S] bool
  std::vector<at::Tensor> multipliers = {};   // of each layer's self-attention, as attention::Inputs has it; empty: none
  at::Tensor value_factors = {};              // [T, B, L]: factors of self-attention's values in every head; undefined: 1
  int64_t first_place = 0;                    // place of x's first token; above 0 with `caches` only
  bool first_token_only = false;              // behind the last layer's attention only the first token is carried on
  std::vector<LayerCache>* caches = nullptr;  // of each layer; extended
};

struct StackOutputs {
  at::Tensor states;                     // [T, B * L, width] (L = 1 where only the first token is carried on)
  std::vector<attention::Outputs> self;  // of each layer; context left out
  std::vector<attention::Outputs> cross;
};

class Stack {
 public:
  // `self` (and `cross`, where there is a source) must have no layers yet. Dropout sites count from `first_site`, two per
  // layer, with a source three.
  Stack(const StackShape& shape, KindAttention self, std::vector<KindAttention> cross, int64_t first_site)
      : shape_(shape), self_(std::move(self)), cross_(std::move(cross)), first_site_(first_site) {}

  // Names start with `prefix`: "decoder.layers.0.attention.norm.weight".
  void AddParameters(const std::string& prefix, ParameterSet& parameters);

  // x [T, B * L, width].
  absl::StatusOr<StackOutputs> Forward(const ParameterSet& parameters, at::Tensor x, const StackInputs& inputs,
                                       const Pass& pass) const;

  // One layer of it: behind `layer` from the states in front of it. Its attentions are appended to `outputs`.
  absl::StatusOr<at::Tensor> ForwardLayer(const ParameterSet& parameters, at::Tensor x, int64_t layer,
                                          const StackInputs& inputs, const Pass& pass, StackOutputs& outputs) const;

  absl::Status Keep(const std::vector<int64_t>& trials);
  void Clamp(ParameterSet& parameters) const;

  const KindAttention& self() const { return self_; }
  const KindAttention& cross() const { return cross_[0]; }
  bool has_source() const { return !cross_.empty(); }
  int64_t layers() const { return shape_.layers; }
  int64_t sites() const { return SitesOfLayer() * shape_.layers; }

 private:
  // Places of a layer's parameters.
  struct Places {
    LinearPlaces query_key_value, attention_output, attention_norm;
    LinearPlaces query, key_value, cross_output, cross_norm;
    LinearPlaces feed_forward_in, feed_forward_out, feed_forward_norm;
  };

  int64_t SitesOfLayer() const { return has_source() ? 3 : 2; }
  void AddLayer(const std::string& name, ParameterSet& parameters);
  at::Tensor Norm(const ParameterSet& parameters, const at::Tensor& x, const at::Tensor& residual,
                  const LinearPlaces& places) const;
  at::Tensor SplitHeads(const at::Tensor& projected, int64_t parts, const at::Tensor& valid) const;
  attention::Inputs Common(const KindAttention& kind, const ParameterSet& parameters, const at::Tensor& seen, int64_t layer,
                           const StackInputs& inputs, const Pass& pass) const;
  absl::StatusOr<attention::Outputs> SelfAttend(const ParameterSet& parameters, const at::Tensor& seen, int64_t layer,
                                                const StackInputs& inputs, const Pass& pass) const;
  absl::StatusOr<attention::Outputs> CrossAttend(const ParameterSet& parameters, const at::Tensor& seen, int64_t layer,
                                                 const StackInputs& inputs, const Pass& pass) const;
  // x + dropout(branch W + b), normed where norms stand behind.
  at::Tensor Joined(const ParameterSet& parameters, const at::Tensor& x, const at::Tensor& branch, const LinearPlaces& output,
                    const LinearPlaces& norm, int64_t site, int64_t positions, const Pass& pass) const;

  StackShape shape_;
  KindAttention self_;
  std::vector<KindAttention> cross_;  // one where there is a source, else none
  int64_t first_site_;
  std::vector<Places> layers_;
  LinearPlaces final_norm_;
};

}  // namespace ablate::models
