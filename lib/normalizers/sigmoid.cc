#include "lib/normalizers/sigmoid.h"

#include "lib/normalizers/sigmoid_rows.h"

namespace ablate::normalizers {
namespace {

class Sigmoid final : public DenseNormalizer {
 public:
  at::Tensor Probabilities(const at::Tensor& scores, const Parameters&) const override { return SigmoidRows(scores); }
};

}  // namespace

std::unique_ptr<Normalizer> MakeSigmoid() { return std::make_unique<Sigmoid>(); }

}  // namespace ablate::normalizers
