#include "lib/normalizers/adaptive_scalable_entmax.h"

#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>

#include <vector>

#include "lib/normalizers/entmax.h"
#include "lib/normalizers/length_factors.h"
#include "lib/normalizers/scaled_rows.h"

namespace ablate::normalizers {
namespace {

// inputs [G, B, Q, W] times weights [G, H, W]: [G, B, H, Q].
at::Tensor PerHead(const at::Tensor& inputs, const at::Tensor& weights) {
  const int64_t trials = inputs.size(0), examples = inputs.size(1), queries = inputs.size(2), width = inputs.size(3);
  const at::Tensor rows = inputs.to(weights.scalar_type()).reshape({trials, examples * queries, width});
  return at::bmm(rows, weights.transpose(1, 2)).view({trials, examples, queries, -1}).permute({0, 1, 3, 2});
}

// [G, B, 1, Q]: the keys that each query may attend.
at::Tensor KeysOfQueries(const QueryFacts& facts) { return facts.visible.sum(-1).unsqueeze(2); }

class AdaptiveScalableEntmax final : public Entmax {
 public:
  at::Tensor Queries(const at::Tensor& queries, const QueryFacts& facts, const Parameters& parameters) const override {
    const auto type = queries.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
    // One product, which then has two columns at least: products with one column have other bits in an array of one trial.
    const at::Tensor weights = at::cat({Learned(parameters, "length_beta"), Learned(parameters, "length_gamma")}, 1);
    const std::vector<at::Tensor> parts = PerHead(facts.inputs, weights).chunk(2, 2);  // beta, gamma
    const at::Tensor factors = LengthFactors(parts[0], parts[1], KeysOfQueries(facts)).to(type);
    return ScaledRows(queries.to(type), factors).to(queries.scalar_type());
  }
};

}  // namespace

std::unique_ptr<Normalizer> MakeAdaptiveScalableEntmax() { return std::make_unique<AdaptiveScalableEntmax>(); }

}  // namespace ablate::normalizers
