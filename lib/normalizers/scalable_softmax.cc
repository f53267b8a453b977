#include "lib/normalizers/scalable_softmax.h"

#include <ATen/ops/zeros.h>

#include "lib/normalizers/entmax_rows.h"
#include "lib/normalizers/rows_of_heads.h"
#include "lib/normalizers/scalable_rows.h"

namespace ablate::normalizers {
namespace {

class ScalableSoftmax final : public DenseNormalizer {
 public:
  at::Tensor Probabilities(const at::Tensor& scores, const Parameters& parameters) const override {
    const at::Tensor scaled = ScalableRows(scores, RowsOfHeads(Learned(parameters, "length_scale"), scores));
    return EntmaxRows(scaled, at::zeros({scores.size(0), scores.size(2)}, scores.options().requires_grad(false)));
  }
};

}  // namespace

std::unique_ptr<Normalizer> MakeScalableSoftmax() { return std::make_unique<ScalableSoftmax>(); }

}  // namespace ablate::normalizers
