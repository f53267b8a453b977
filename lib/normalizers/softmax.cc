#include "lib/normalizers/softmax.h"

#include <ATen/ops/ne.h>
#include <ATen/ops/zeros.h>

#include <limits>

#include "lib/normalizers/entmax_rows.h"

namespace ablate::normalizers {
namespace {

class Softmax final : public Normalizer {
 public:
  // entmax's rows at alpha 1, since torch's softmax gives NaN on a row without keys.
  at::Tensor Probabilities(const at::Tensor& scores, const Parameters&) const override {
    return EntmaxRows(scores, at::zeros({scores.size(0), scores.size(2)}, scores.options().requires_grad(false)));
  }

  at::Tensor Support(const at::Tensor& scores, const at::Tensor&, const Parameters&) const override {
    return at::ne(scores, -std::numeric_limits<double>::infinity());
  }
};

}  // namespace

std::unique_ptr<Normalizer> MakeSoftmax() { return std::make_unique<Softmax>(); }

}  // namespace ablate::normalizers
