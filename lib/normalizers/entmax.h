// alpha-entmax, with the alpha of each head in Parameters::alpha_minus_one. Correia, Niculae, Martins 2019, arXiv:1909.00015.
#pragma once

#include <memory>

#include "lib/normalizers/normalizer.h"

namespace ablate::normalizers {

class Entmax : public Normalizer {
 public:
  at::Tensor Probabilities(const at::Tensor& scores, const Parameters& parameters) const override;
  at::Tensor Support(const at::Tensor& scores, const at::Tensor& probabilities, const Parameters& parameters) const override;
  absl::StatusOr<at::Tensor> Threshold(const at::Tensor& scores, const at::Tensor& probabilities,
                                       const Parameters& parameters) const override;
};

std::unique_ptr<Normalizer> MakeEntmax();

}  // namespace ablate::normalizers
