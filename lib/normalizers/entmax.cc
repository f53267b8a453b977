#include "lib/normalizers/entmax.h"

#include "lib/normalizers/entmax_rows.h"
#include "lib/normalizers/entmax_threshold.h"

namespace ablate::normalizers {
namespace {

class Entmax final : public Normalizer {
 public:
  at::Tensor Probabilities(const at::Tensor& scores, const Parameters& parameters) const override {
    return EntmaxRows(scores, parameters.alpha_minus_one);
  }

  at::Tensor Support(const at::Tensor& scores, const at::Tensor& probabilities, const Parameters& parameters) const override {
    return EntmaxSupport(scores, probabilities, parameters.alpha_minus_one);
  }

  absl::StatusOr<at::Tensor> Threshold(const at::Tensor& scores, const at::Tensor& probabilities,
                                       const Parameters& parameters) const override {
    return EntmaxThreshold(scores, probabilities, parameters.alpha_minus_one);
  }
};

}  // namespace

std::unique_ptr<Normalizer> MakeEntmax() { return std::make_unique<Entmax>(); }

}  // namespace ablate::normalizers
