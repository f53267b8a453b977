#include "lib/normalizers/sparsegen.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>

#include <vector>

#include "lib/normalizers/entmax_rows.h"
#include "lib/normalizers/entmax_threshold.h"

namespace ablate::normalizers {
namespace {

// 1 - lambda of each trial, [G, 1, 1, 1, 1].
at::Tensor Divisors(const at::Tensor& scores, const Parameters& parameters) {
  std::vector<double> divisors;
  for (const Attention& settings : parameters.settings) divisors.push_back(1 - settings.sparsegen_lambda());
  return at::tensor(divisors, at::kDouble).to(scores.device(), scores.scalar_type()).reshape({-1, 1, 1, 1, 1});
}

at::Tensor AlphaMinusOne(const at::Tensor& scores) {
  return at::ones({scores.size(0), scores.size(2)}, scores.options().requires_grad(false));
}

class Sparsegen final : public Normalizer {
 public:
  at::Tensor Probabilities(const at::Tensor& scores, const Parameters& parameters) const override {
    return EntmaxRows(scores / Divisors(scores, parameters), AlphaMinusOne(scores));
  }

  absl::StatusOr<at::Tensor> Threshold(const at::Tensor& scores, const at::Tensor& probabilities,
                                       const Parameters& parameters) const override {
    const at::Tensor divisors = Divisors(scores, parameters);
    return EntmaxThreshold(scores / divisors, probabilities, AlphaMinusOne(scores)) * divisors;
  }
};

}  // namespace

std::unique_ptr<Normalizer> MakeSparsegen() { return std::make_unique<Sparsegen>(); }

}  // namespace ablate::normalizers
