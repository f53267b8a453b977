// A normalizer maps the scores of each query to probabilities over the keys. One call serves one group of an array: trials
// with the same normalizer, side by side on the leading axis.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/trial.pb.h"

namespace ablate::normalizers {

// What differs between the G trials of a group.
struct Parameters {
  std::vector<Attention> settings;  // [G]: alpha (unless learned), top_k, ...
  at::Tensor alpha_minus_one;       // [G, H] f32: d = alpha - 1 in [0, 1] of every head; entmax only, else undefined. Carries
                                    // the gradient of learned alphas.
};

class Normalizer {
 public:
  virtual ~Normalizer() = default;

  // scores [G, B, H, Q, K] f32 or f64, already scaled; -inf = masked. Returns probabilities, like scores, differentiable in
  // scores and in parameters.alpha_minus_one. Masked keys get exactly 0, and so do their scores' gradients; a row without keys
  // is zeros with zero gradient; a row with a NaN is NaN. Throws c10::Error on our own bugs: shapes, an alpha outside [1, 2].
  virtual at::Tensor Probabilities(const at::Tensor& scores, const Parameters& parameters) const = 0;

  // The keys that take part in each row: bool, like scores. A dense normalizer declares all unmasked keys, so that underflow
  // is no sparsity. Default: probabilities > 0.
  virtual at::Tensor Support(const at::Tensor& scores, const at::Tensor& probabilities, const Parameters& parameters) const;

  // The rows' thresholds, [G, B, H, Q, 1]: a key is in the support iff its score is above it; 0 where a row has no keys.
  // Differentiable in scores and in alpha. Unimplemented where a normalizer has none (softmax): balance refuses it.
  virtual absl::StatusOr<at::Tensor> Threshold(const at::Tensor& scores, const at::Tensor& probabilities,
                                               const Parameters& parameters) const;
};

// By registry name (lib/normalizers/catalogue.h). InvalidArgument names all valid ones.
absl::StatusOr<std::unique_ptr<Normalizer>> MakeNormalizer(const std::string& name);

}  // namespace ablate::normalizers
