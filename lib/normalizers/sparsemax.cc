#include "lib/normalizers/sparsemax.h"

#include <ATen/ops/ones.h>

#include "lib/normalizers/entmax_rows.h"
#include "lib/normalizers/entmax_threshold.h"

namespace ablate::normalizers {
namespace {

at::Tensor AlphaMinusOne(const at::Tensor& scores) {
  return at::ones({scores.size(0), scores.size(2)}, scores.options().requires_grad(false));
}

class Sparsemax final : public Normalizer {
 public:
  at::Tensor Probabilities(const at::Tensor& scores, const Parameters&) const override {
    return EntmaxRows(scores, AlphaMinusOne(scores));
  }

  absl::StatusOr<at::Tensor> Threshold(const at::Tensor& scores, const at::Tensor& probabilities,
                                       const Parameters&) const override {
    return EntmaxThreshold(scores, probabilities, AlphaMinusOne(scores));
  }
};

}  // namespace

std::unique_ptr<Normalizer> MakeSparsemax() { return std::make_unique<Sparsemax>(); }

}  // namespace ablate::normalizers
