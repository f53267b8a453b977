#include "lib/normalizers/softmax.h"

#include <ATen/ops/zeros.h>

#include "lib/normalizers/entmax_rows.h"

namespace ablate::normalizers {
namespace {

class Softmax final : public DenseNormalizer {
 public:
  // entmax's rows at alpha 1, since torch's softmax gives NaN on a row without keys.
  at::Tensor Probabilities(const at::Tensor& scores, const Parameters&) const override {
    return EntmaxRows(scores, at::zeros({scores.size(0), scores.size(2)}, scores.options().requires_grad(false)));
  }
};

}  // namespace

std::unique_ptr<Normalizer> MakeSoftmax() { return std::make_unique<Softmax>(); }

}  // namespace ablate::normalizers
