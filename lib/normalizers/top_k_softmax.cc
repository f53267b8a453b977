#include "lib/normalizers/top_k_softmax.h"

#include <ATen/ops/ne.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <limits>
#include <vector>

#include "lib/normalizers/entmax_rows.h"
#include "lib/normalizers/highest_scores.h"

namespace ablate::normalizers {
namespace {

// The scores of the keys that remain, the others -inf. Their gradients pass as they are: softmax gives exactly 0 to masked
// ones.
at::Tensor Kept(const at::Tensor& scores, const Parameters& parameters) {
  const int64_t trials = scores.size(0);
  std::vector<int64_t> kept;
  for (const Attention& settings : parameters.settings) kept.push_back(settings.top_k());
  TORCH_CHECK_VALUE(static_cast<int64_t>(kept.size()) == trials, "settings of ", kept.size(), " trials for ", trials);
  at::Tensor copy = scores.clone(at::MemoryFormat::Contiguous);
  KeepHighest(at::tensor(kept).to(scores.device()).reshape({trials, 1, 1, 1}), copy);
  return copy;
}

class TopKSoftmax final : public Normalizer {
 public:
  at::Tensor Probabilities(const at::Tensor& scores, const Parameters& parameters) const override {
    const at::Tensor none = at::zeros({scores.size(0), scores.size(2)}, scores.options().requires_grad(false));
    return EntmaxRows(Kept(scores, parameters), none);
  }

  at::Tensor Support(const at::Tensor& scores, const at::Tensor&, const Parameters& parameters) const override {
    return at::ne(Kept(scores, parameters), -std::numeric_limits<double>::infinity());
  }
};

}  // namespace

std::unique_ptr<Normalizer> MakeTopKSoftmax() { return std::make_unique<TopKSoftmax>(); }

}  // namespace ablate::normalizers
