// Balance of one group of trials in one call of attention: what it makes of the scores, and its loss. The door to the other
// balance files for attention.cc.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "lib/attention/balance_forms.h"
#include "lib/attention/balance_loss.h"
#include "lib/attention/imposed_sparsity.h"
#include "proto/trial.pb.h"

namespace ablate::attention {

// InvalidArgument unless multipliers are undefined or of the shape that StartMultipliers gives.
absl::Status CheckMultipliers(const at::Tensor& multipliers, int64_t trials, int64_t heads);

// Violations of trials without a balance loss, shaped like the multipliers.
at::Tensor NoViolations(const at::Tensor& multipliers, int64_t trials, const at::Tensor& scores);

class Balancing {
 public:
  // settings [G], BalancedTogether; key_valid [G, B, K] bool. Keeps a reference to the settings.
  Balancing(const std::vector<Attention>& settings, const at::Tensor& key_valid, const Moment& moment);

  // The scores that the normalizer is to see: the given ones, or RegularScores' where the form or the evaluation asks for them.
  at::Tensor Scores(const at::Tensor& scores, const at::Tensor& alpha_minus_one) const;

  // `probabilities` of Scores' result, with the gradient of `normalize` at the scores as they were where that is asked for.
  at::Tensor WithGradient(const at::Tensor& probabilities, const at::Tensor& scores,
                          const std::function<at::Tensor(const at::Tensor&)>& normalize) const;

  // Of scores as they were, with their own thresholds and probabilities.
  BalanceTerm Loss(const at::Tensor& scores, const at::Tensor& thresholds, const at::Tensor& probabilities,
                   const at::Tensor& multipliers) const;

 private:
  bool Constructs() const;

  const std::vector<Attention>& settings_;
  at::Tensor targets_;  // [G, B] int64; undefined without balance
  double progress_ = 1;
  bool training_ = false;
};

}  // namespace ablate::attention
