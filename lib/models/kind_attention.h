// One kind of attention of a network (encoder, decoder, cross): how its trials attend, and what their normalizers learn in each
// layer.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/attention/attention.h"
#include "lib/models/parameter_set.h"
#include "proto/trial.pb.h"

namespace ablate::models {

class KindAttention {
 public:
  // AttentionRule::Make's errors.
  static absl::StatusOr<KindAttention> Make(attention::Kind kind, const std::vector<Trial>& trials);

  // What is learned in one more layer. `prefix`: "layers.0.attention."; `width` of what queries are projected from.
  void AddLayer(const std::string& prefix, int64_t heads, int64_t width, ParameterSet& parameters);

  // d = alpha - 1 of a layer's heads, [T, H] f32; undefined if no trial has one.
  at::Tensor AlphaMinusOne(const ParameterSet& parameters, int64_t layer) const;

  // What else normalizers learn in this layer, by name: [T, H], or [T, H, width] per input.
  std::map<std::string, at::Tensor> Learned(const ParameterSet& parameters, int64_t layer) const;

  // Brings alphas of the form CLAMPED that left [1, 2] in an optimizer's step back to its ends.
  void Clamp(ParameterSet& parameters) const;

  // Keeps the trials at these places (ascending).
  absl::Status Keep(const std::vector<int64_t>& trials);

  attention::Kind kind() const { return kind_; }
  const attention::AttentionRule& rule() const { return rule_; }
  const std::vector<Attention>& settings() const { return settings_; }  // [T]

 private:
  struct Places {
    int alpha = -1;  // -1: no trial learns alpha
    std::map<std::string, int> learned;
  };

  KindAttention(attention::Kind kind, std::vector<Attention> settings, attention::AttentionRule rule)
      : kind_(kind), settings_(std::move(settings)), rule_(std::move(rule)) {}
  int AddAlpha(const std::string& name, int64_t heads, ParameterSet& parameters) const;

  attention::Kind kind_;
  std::vector<Attention> settings_;  // [T]
  attention::AttentionRule rule_;
  int64_t heads_ = 0;
  std::vector<Places> layers_;
};

// Whether the trial has this parameter, which others of its array may have brought along.
bool HasParameter(const Trial& trial, const Parameter& parameter);

}  // namespace ablate::models
