#include "lib/normalizers/top_k_softmax.h"

#include <ATen/ops/ne.h>
#include <ATen/ops/tensor.h>

#include <limits>
#include <vector>

#include "lib/normalizers/highest_scores.h"
#include "lib/normalizers/top_k_rows.h"

namespace ablate::normalizers {
namespace {

// [G, 1, 1, 1], on the scores' device.
at::Tensor KeptOf(const at::Tensor& scores, const Parameters& parameters) {
  const int64_t trials = scores.size(0);
  std::vector<int64_t> kept;
  for (const Attention& settings : parameters.settings) kept.push_back(settings.top_k());
  TORCH_CHECK_VALUE(static_cast<int64_t>(kept.size()) == trials, "settings of ", kept.size(), " trials for ", trials);
  return at::tensor(kept).to(scores.device()).reshape({trials, 1, 1, 1});
}

class TopKSoftmax final : public Normalizer {
 public:
  at::Tensor Probabilities(const at::Tensor& scores, const Parameters& parameters) const override {
    return TopKSoftmaxRows(scores, KeptOf(scores, parameters));
  }

  at::Tensor Support(const at::Tensor& scores, const at::Tensor&, const Parameters& parameters) const override {
    at::Tensor kept = scores.detach().clone(at::MemoryFormat::Contiguous);
    KeepHighest(KeptOf(scores, parameters), kept);
    return at::ne(kept, -std::numeric_limits<double>::infinity());
  }
};

}  // namespace

std::unique_ptr<Normalizer> MakeTopKSoftmax() { return std::make_unique<TopKSoftmax>(); }

}  // namespace ablate::normalizers
