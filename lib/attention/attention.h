// Scaled dot-product attention for an array of trials: queries and keys -> scores -> imposed sparsity -> normalizer -> values,
// and the balance loss. Each (normalizer, structure, site, gradient) is called once per contiguous group of trials.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/attention/imposed_sparsity.h"
#include "lib/normalizers/normalizer.h"
#include "proto/trial.pb.h"

namespace ablate::attention {

// T trials, B examples, H heads, Q queries, K keys, D width of a head.
struct Inputs {
  at::Tensor queries;          // [T, B, H, Q, D] f32 or bf16 (f64 for checks)
  at::Tensor keys;             // [T, B, H, K, D]
  at::Tensor values;           // [T, B, H, K, D]
  at::Tensor query_valid;      // [T, B, Q] bool; false = padding: no keys, so probabilities and context are zeros
  at::Tensor key_valid;        // [T, B, K] bool; false = padding, gets no weight
  at::Tensor alpha_minus_one;  // [T, H] f32; d = alpha - 1; rows of trials without alpha are ignored; undefined if no trial
                               // learns it: then it comes from the settings
  std::map<std::string, at::Tensor> learned;  // [T, H] or [T, H, W] f32: the LearnedParameters of the trials, by name; rows of
                                              // trials that do not learn one are ignored
  at::Tensor query_inputs;   // [T, B, Q, W]: what the queries were projected from; needed where a parameter is per input
  at::Tensor multipliers;    // balance's, of balance_multipliers.h; undefined: those of the start. Not differentiated.
  bool want_support = true;  // false saves the time that Outputs.support takes
  Moment moment;
  std::vector<double> dropout = {};  // [T], [0, 1): share of probabilities that the values don't see, the others scaled up;
                                     // empty: none
};

struct Outputs {
  at::Tensor context;        // [T, B, H, Q, D] like values
  at::Tensor probabilities;  // [T, B, H, Q, K] f32 (f64 for f64)
  at::Tensor support;        // [T, B, H, Q, K] bool; as the normalizer declares it, without imposed zeros and padding rows;
                             // undefined if not wanted
  at::Tensor balance_loss;   // [T] f32, weighted already; undefined if no trial has a balance loss
  at::Tensor violations;     // like the multipliers, f32, detached: for their update; undefined likewise
  at::Tensor imposed;  // [T, H, 2] int64: valid pairs, and those removed by imposed sparsity; undefined if no trial has it
};

class AttentionRule {
 public:
  // One trial's settings for each of the T trials, sorted by (normalizer, structure), best also by whether there is balance:
  // neighbours that agree in all three are computed together, any order is right. InvalidArgument on unknown names, values out
  // of range, and balance with a normalizer that has no threshold (entmax at a fixed alpha of 1 too).
  static absl::StatusOr<AttentionRule> Make(const std::vector<Attention>& trials);

  // InvalidArgument on bad shapes. A trial's bits, forward and backward, depend neither on T nor on the other trials. Throws
  // c10::Error on what torch itself refuses (no memory).
  absl::StatusOr<Outputs> Attend(const Inputs& inputs) const;

 private:
  struct Group;
  // (place of a group, its trials' part) -> what is used in its place.
  using Hook = std::function<at::Tensor(size_t, const at::Tensor&)>;
  at::Tensor Hooked(const at::Tensor& whole, const Hook& hook) const;

  std::vector<Attention> trials_;
  std::vector<std::shared_ptr<const Group>> groups_;
};

}  // namespace ablate::attention
