#include "lib/normalizers/softmax_plus_one.h"

#include <ATen/ops/zeros.h>

#include "lib/normalizers/sink_rows.h"

namespace ablate::normalizers {
namespace {

class SoftmaxPlusOne final : public DenseNormalizer {
 public:
  at::Tensor Probabilities(const at::Tensor& scores, const Parameters&) const override {
    return SinkRows(scores, at::zeros(scores.sizes().slice(0, scores.dim() - 1), scores.options().requires_grad(false)));
  }
};

}  // namespace

std::unique_ptr<Normalizer> MakeSoftmaxPlusOne() { return std::make_unique<SoftmaxPlusOne>(); }

}  // namespace ablate::normalizers
