#include "lib/models/stack.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include "fmt/format.h"
#include "lib/base/status_macros.h"

namespace ablate::models {
namespace {

using at::Tensor;

// Random numbers of two attentions of a network have different addresses: those of an encoder are as they were before there
// were others.
constexpr int64_t kLayersOfKind = 128;

Tensor Affine(const ParameterSet& parameters, const Tensor& x, const LinearPlaces& places, bool bf16) {
  return Linear(x, parameters[places.weight], parameters[places.bias], bf16);
}

// [T, B, H, L, D] -> [T, B * L, H * D], of `positions` first tokens.
Tensor MergeHeads(const Tensor& context, int64_t positions) {
  const Tensor by_token = context.permute({0, 1, 3, 2, 4}).narrow(2, 0, positions);
  return by_token.reshape({context.size(0), context.size(1) * positions, context.size(2) * context.size(4)});
}

// `kept` followed by `more` along the tokens; `kept` becomes that.
Tensor Extended(Tensor& kept, const Tensor& more) {
  kept = kept.defined() ? at::cat({kept, more}, 3) : more;
  return kept;
}

}  // namespace

Activation ActivationOf(::ablate::Encoder::Activation activation) {
  switch (activation) {
    case ::ablate::Encoder::RELU:
      return Activation::kRelu;
    case ::ablate::Encoder::TANH_GELU:
      return Activation::kTanhGelu;
    default:
      return Activation::kGelu;
  }
}

Tensor DropOut(const Tensor& x, const Pass& pass, const std::vector<double>& rates, int64_t site, int64_t positions) {
  if (!pass.training || rates.empty()) return x;
  return Dropout(x, {pass.seeds, rates, pass.step, pass.places, static_cast<int>(site), positions});
}

void Stack::AddParameters(const std::string& prefix, ParameterSet& parameters) {
  for (int64_t layer = 0; layer < shape_.layers; ++layer) AddLayer(fmt::format("{}layers.{}.", prefix, layer), parameters);
  if (shape_.pre_norm) final_norm_ = parameters.AddNorm(prefix + "final_norm", shape_.width);
}

void Stack::AddLayer(const std::string& name, ParameterSet& parameters) {
  const int64_t width = shape_.width, inner = shape_.feed_forward;
  const double deviation = VarianceKeepingDeviation(width);
  Places places;
  places.query_key_value = parameters.AddLinear(name + "attention.query_key_value", width, 3 * width, deviation);
  places.attention_output = parameters.AddLinear(name + "attention.output", width, width, deviation);
  places.attention_norm = parameters.AddNorm(name + "attention.norm", width);
  if (has_source()) {
    places.query = parameters.AddLinear(name + "cross.query", width, width, deviation);
    places.key_value = parameters.AddLinear(name + "cross.key_value", width, 2 * width, deviation);
    places.cross_output = parameters.AddLinear(name + "cross.output", width, width, deviation);
    places.cross_norm = parameters.AddNorm(name + "cross.norm", width);
  }
  places.feed_forward_in = parameters.AddLinear(name + "feed_forward.in", width, inner, deviation);
  places.feed_forward_out = parameters.AddLinear(name + "feed_forward.out", inner, width, VarianceKeepingDeviation(inner));
  places.feed_forward_norm = parameters.AddNorm(name + "feed_forward.norm", width);
  self_.AddLayer(name + "attention.", shape_.heads, width, parameters);
  if (has_source()) cross_[0].AddLayer(name + "cross.", shape_.heads, width, parameters);
  layers_.push_back(places);
}

Tensor Stack::Norm(const ParameterSet& parameters, const Tensor& x, const Tensor& residual, const LinearPlaces& places) const {
  return LayerNorm(x, residual, parameters[places.weight], parameters[places.bias], shape_.norm_epsilon);
}

// projected [T, B * L, parts * width] -> [parts, T, B, H, L, D of a head].
Tensor Stack::SplitHeads(const Tensor& projected, int64_t parts, const Tensor& valid) const {
  const Tensor typed = shape_.bf16 ? projected.to(at::kBFloat16) : projected;
  return typed.view({valid.size(0), valid.size(1), valid.size(2), parts, shape_.heads, shape_.width / shape_.heads})
      .permute({3, 0, 1, 4, 2, 5})
      .contiguous();
}

attention::Inputs Stack::Common(const KindAttention& kind, const ParameterSet& parameters, const Tensor& seen, int64_t layer,
                                const StackInputs& inputs, const Pass& pass) const {
  attention::Inputs common;
  common.query_valid = inputs.query_valid;
  common.alpha_minus_one = kind.AlphaMinusOne(parameters, layer);
  common.learned = kind.Learned(parameters, layer);
  common.query_inputs = seen.view({seen.size(0), inputs.query_valid.size(1), inputs.query_valid.size(2), shape_.width});
  common.want_support = pass.want_support && !pass.training;
  common.moment.training = pass.training;
  common.moment.progress = pass.progress;
  common.moment.step = pass.training ? pass.step : 0;
  common.moment.layer = static_cast<int>(kLayersOfKind * static_cast<int64_t>(kind.kind()) + layer);
  common.moment.seeds = pass.seeds;
  common.moment.examples = pass.places;
  common.moment.first_query = inputs.first_place;
  if (pass.training) common.dropout = pass.attention_dropout;
  return common;
}

absl::StatusOr<attention::Outputs> Stack::SelfAttend(const ParameterSet& parameters, const Tensor& seen, int64_t layer,
                                                     const StackInputs& inputs, const Pass& pass) const {
  attention::Inputs self = Common(self_, parameters, seen, layer, inputs, pass);
  const Tensor projected = Affine(parameters, seen, layers_[layer].query_key_value, shape_.bf16);
  const Tensor parts = SplitHeads(projected, 3, inputs.query_valid);
  self.queries = parts.select(0, 0);
  self.keys = parts.select(0, 1);
  self.values = parts.select(0, 2);
  if (inputs.caches != nullptr) {
    LayerCache& cache = (*inputs.caches)[layer];
    self.keys = Extended(cache.keys, self.keys);
    self.values = Extended(cache.values, self.values);
  }
  if (inputs.value_factors.defined()) {
    const Tensor factors = inputs.value_factors.unsqueeze(2).unsqueeze(4);  // [T, B, 1, L, 1]
    self.values = self.values * factors.to(self.values.scalar_type());
  }
  self.key_valid = inputs.key_valid;
  self.bias = inputs.bias;
  if (!inputs.multipliers.empty()) self.multipliers = inputs.multipliers[layer];
  return self_.rule().Attend(self);
}

absl::StatusOr<attention::Outputs> Stack::CrossAttend(const ParameterSet& parameters, const Tensor& seen, int64_t layer,
                                                      const StackInputs& inputs, const Pass& pass) const {
  attention::Inputs cross = Common(cross_[0], parameters, seen, layer, inputs, pass);
  const Places& places = layers_[layer];
  cross.queries = SplitHeads(Affine(parameters, seen, places.query, shape_.bf16), 1, inputs.query_valid).select(0, 0);
  LayerCache fresh;
  LayerCache& cache = inputs.caches == nullptr ? fresh : (*inputs.caches)[layer];
  if (!cache.source_keys.defined()) {
    const Tensor projected = Affine(parameters, inputs.source, places.key_value, shape_.bf16);
    const Tensor parts = SplitHeads(projected, 2, inputs.source_valid);
    cache.source_keys = parts.select(0, 0);
    cache.source_values = parts.select(0, 1);
  }
  cross.keys = cache.source_keys;
  cross.values = cache.source_values;
  cross.key_valid = inputs.source_valid;
  return cross_[0].rule().Attend(cross);
}

Tensor Stack::Joined(const ParameterSet& parameters, const Tensor& x, const Tensor& branch, const LinearPlaces& output,
                     const LinearPlaces& norm, int64_t site, int64_t positions, const Pass& pass) const {
  const Tensor joined = DropOut(Affine(parameters, branch, output, shape_.bf16), pass, pass.dropout, site, positions);
  return shape_.pre_norm ? x + joined : Norm(parameters, joined, x, norm);
}

absl::StatusOr<Tensor> Stack::ForwardLayer(const ParameterSet& parameters, Tensor x, int64_t layer, const StackInputs& inputs,
                                           const Pass& pass, StackOutputs& outputs) const {
  const Places& places = layers_[layer];
  int64_t positions = inputs.query_valid.size(2), site = first_site_ + layer * SitesOfLayer();
  const auto seen = [&](const LinearPlaces& norm) { return shape_.pre_norm ? Norm(parameters, x, Tensor(), norm) : x; };
  ASSIGN_OR_RETURN(attention::Outputs self, SelfAttend(parameters, seen(places.attention_norm), layer, inputs, pass));
  if (inputs.first_token_only && layer == shape_.layers - 1) {
    x = x.view({x.size(0), inputs.query_valid.size(1), positions, shape_.width}).select(2, 0);
    positions = 1;
  }
  x = Joined(parameters, x, MergeHeads(self.context, positions), places.attention_output, places.attention_norm, site++,
             positions, pass);
  self.context = Tensor();
  outputs.self.push_back(std::move(self));
  if (has_source()) {
    ASSIGN_OR_RETURN(attention::Outputs cross, CrossAttend(parameters, seen(places.cross_norm), layer, inputs, pass));
    x = Joined(parameters, x, MergeHeads(cross.context, positions), places.cross_output, places.cross_norm, site++, positions,
               pass);
    cross.context = Tensor();
    outputs.cross.push_back(std::move(cross));
  }
  const Tensor inner = Affine(parameters, seen(places.feed_forward_norm), places.feed_forward_in, shape_.bf16);
  return Joined(parameters, x, Activate(inner, shape_.activation), places.feed_forward_out, places.feed_forward_norm, site,
                positions, pass);
}

absl::StatusOr<StackOutputs> Stack::Forward(const ParameterSet& parameters, Tensor x, const StackInputs& inputs,
                                            const Pass& pass) const {
  StackOutputs outputs;
  for (int64_t layer = 0; layer < shape_.layers; ++layer) {
    ASSIGN_OR_RETURN(x, ForwardLayer(parameters, x, layer, inputs, pass, outputs));
  }
  outputs.states = shape_.pre_norm ? Norm(parameters, x, Tensor(), final_norm_) : x;
  return outputs;
}

absl::Status Stack::Keep(const std::vector<int64_t>& trials) {
  RETURN_IF_ERROR(self_.Keep(trials));
  return has_source() ? cross_[0].Keep(trials) : absl::OkStatus();
}

void Stack::Clamp(ParameterSet& parameters) const {
  self_.Clamp(parameters);
  if (has_source()) cross_[0].Clamp(parameters);
}

}  // namespace ablate::models
