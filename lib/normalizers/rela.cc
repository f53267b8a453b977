#include "lib/normalizers/rela.h"

#include <ATen/ops/relu.h>

#include "lib/normalizers/rms_norm.h"

namespace ablate::normalizers {
namespace {

class Rela final : public Normalizer {
 public:
  at::Tensor Probabilities(const at::Tensor& scores, const Parameters&) const override { return at::relu(scores); }

  at::Tensor Context(const at::Tensor& context, const Parameters&) const override {
    const auto type = context.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
    return RmsNorm(context.to(type)).to(context.scalar_type());
  }
};

}  // namespace

std::unique_ptr<Normalizer> MakeRela() { return std::make_unique<Rela>(); }

}  // namespace ablate::normalizers
