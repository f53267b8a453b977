#include "lib/normalizers/entmax.h"

#include "lib/normalizers/entmax_rows.h"
#include "lib/normalizers/entmax_threshold.h"

namespace ablate::normalizers {

at::Tensor Entmax::Probabilities(const at::Tensor& scores, const Parameters& parameters) const {
  return EntmaxRows(scores, parameters.alpha_minus_one);
}

at::Tensor Entmax::Support(const at::Tensor& scores, const at::Tensor& probabilities, const Parameters& parameters) const {
  return EntmaxSupport(scores, probabilities, parameters.alpha_minus_one);
}

absl::StatusOr<at::Tensor> Entmax::Threshold(const at::Tensor& scores, const at::Tensor& probabilities,
                                             const Parameters& parameters) const {
  return EntmaxThreshold(scores, probabilities, parameters.alpha_minus_one);
}

std::unique_ptr<Normalizer> MakeEntmax() { return std::make_unique<Entmax>(); }

}  // namespace ablate::normalizers
