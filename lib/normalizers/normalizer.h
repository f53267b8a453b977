// A normalizer maps the scores of each query to weights over the keys, and may hook what is before and behind that. One call
// serves one group of an array: trials with the same normalizer, side by side on the leading axis. lib/attention calls
//
//   queries -> Queries -> scaled products with the keys, masks, imposed sparsity -> scores
//   scores  -> Probabilities, then Support and Threshold where they are wanted
//   probabilities x values -> context -> Context
//
// Most normalizers are Probabilities alone. Nothing may mix trials: see CONTRIBUTING.md.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/trial.pb.h"

namespace ablate::normalizers {

// What differs between the G trials of a group.
struct Parameters {
  std::vector<Attention> settings;  // [G]: alpha (unless learned), top_k, ...
  at::Tensor alpha_minus_one = {};  // [G, H] f32: d = alpha - 1 in [0, 1] of every head; of normalizers that read alpha, else
                                    // undefined. Carries the gradient of learned alphas.
  std::map<std::string, at::Tensor> learned =
      {};  // by the catalogue's names of what it learns: [G, H] f32, or [G, H, W] per input
};

// What a query is, beside its vector. For normalizers that hook queries.
struct QueryFacts {
  at::Tensor inputs;   // [G, B, Q, W]: what the queries are projected from
  at::Tensor visible;  // [G, B, Q, K] bool: the keys that each query may attend; none of padding
};

class Normalizer {
 public:
  virtual ~Normalizer() = default;

  // Hook: queries [G, B, H, Q, D] as they came -> as the products see them, the same shape and type. Default: as they came.
  virtual at::Tensor Queries(const at::Tensor& queries, const QueryFacts& facts, const Parameters& parameters) const;

  // scores [G, B, H, Q, K] f32 or f64, already scaled; -inf = masked. Returns probabilities, like scores, differentiable in
  // scores, in parameters.alpha_minus_one and parameters.learned. Masked keys get exactly 0, and so do their scores' gradients;
  // a row without keys is zeros with zero gradient; a row with a NaN is NaN. What rows sum to: the catalogue. Throws c10::Error
  // on our own bugs: shapes, an alpha outside [1, 2].
  virtual at::Tensor Probabilities(const at::Tensor& scores, const Parameters& parameters) const = 0;

  // The keys that take part in each row: bool, like scores. A dense normalizer declares all unmasked keys, so that underflow
  // is no sparsity. Default: probabilities > 0.
  virtual at::Tensor Support(const at::Tensor& scores, const at::Tensor& probabilities, const Parameters& parameters) const;

  // The rows' thresholds, [G, B, H, Q, 1]: a key is in the support iff its score is above it; 0 where a row has no keys.
  // Differentiable in scores and in alpha. Unimplemented where a normalizer has none (softmax): balance refuses it.
  virtual absl::StatusOr<at::Tensor> Threshold(const at::Tensor& scores, const at::Tensor& probabilities,
                                               const Parameters& parameters) const;

  // Hook: context [G, B, H, Q, D], probabilities times values -> what goes on, the same shape and type. Default: as it came.
  virtual at::Tensor Context(const at::Tensor& context, const Parameters& parameters) const;
};

// A normalizer whose support is all unmasked keys.
class DenseNormalizer : public Normalizer {
 public:
  at::Tensor Support(const at::Tensor& scores, const at::Tensor& probabilities, const Parameters& parameters) const override;
};

// By registry name (lib/normalizers/catalogue.h). InvalidArgument names all valid ones.
absl::StatusOr<std::unique_ptr<Normalizer>> MakeNormalizer(const std::string& name);

// parameters.learned[name]. Throws c10::Error where it is not given.
const at::Tensor& Learned(const Parameters& parameters, const std::string& name);

}  // namespace ablate::normalizers
