#include "lib/attention/balance_loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/expm1.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include <cmath>

#include "lib/normalizers/ranked_pair.h"

namespace ablate::attention {
namespace {

using normalizers::FindRankedPair;
using normalizers::RankedPair;

// e^x - 1 up to 1, then e (1 + y + y^2 / 2) - 1 with y = x - 1.
at::Tensor Psi(const at::Tensor& x) {
  const at::Tensor beyond = (x - 1).clamp_min(0);
  return at::expm1(x.clamp_max(1)) + std::exp(1.) * (beyond + beyond * beyond / 2);
}

// [G] numbers to [G, 1, 1, 1, 1], in the scores' type and on their device.
template <class Get>
at::Tensor PerTrial(const std::vector<Attention>& settings, const at::Tensor& scores, Get get) {
  std::vector<double> values;
  for (const Attention& trial : settings) values.push_back(get(trial.balance()));
  return at::tensor(values, at::kDouble).to(scores.options().requires_grad(false)).reshape({-1, 1, 1, 1, 1});
}

// The constraints of rows, or of columns: [G, B, H, R, 2], for rank K and rank K + 1.
struct Constraints {
  at::Tensor scaled;  // rho G; 0 where there is none
  at::Tensor there;   // bool
};

struct Sharpness {
  at::Tensor epsilon, rho;  // [G, 1, 1, 1, 1]
};

// margins: m of the pair's entries.
Constraints Constrain(const RankedPair& pair, const at::Tensor& margins, const Sharpness& sharpness) {
  const at::Tensor there = at::stack({pair.unmasked.gt(0), pair.unmasked.gt(pair.target)}, -1);
  const at::Tensor zero = at::zeros({}, margins.options().requires_grad(false));
  const at::Tensor sign = at::tensor({-1, 1}, margins.options().requires_grad(false));
  // Chosen before psi: an absent margin is infinite, and so would be its gradient.
  const at::Tensor m = at::where(there, margins, zero);
  const at::Tensor violation = sharpness.epsilon + pair.target.unsqueeze(-1).to(m.scalar_type()) * sign * m;
  return {at::where(there, sharpness.rho * violation, zero), there};
}

// Sums over one contiguous dimension for each trial, so that a trial's bits do not depend on the others. [G]
at::Tensor SumPerTrial(const at::Tensor& x) { return x.reshape({x.size(0), -1}).sum(-1); }

// Mean over examples and rows of each head's two kinds. [G, H, 2]
at::Tensor MeanViolation(const Constraints& constraints) {
  const auto per_kind = [](const at::Tensor& x) {
    return x.permute({0, 2, 4, 1, 3}).reshape({x.size(0), x.size(2), 2, -1}).sum(-1);
  };
  return per_kind(constraints.scaled.detach().clamp(-1, 1)) / per_kind(constraints.there).clamp_min(1);
}

}  // namespace

BalanceTerm BalanceLoss(const at::Tensor& scores, const at::Tensor& thresholds, const at::Tensor& multipliers,
                        const std::vector<Attention>& settings) {
  std::vector<int64_t> targets;
  for (const Attention& trial : settings) targets.push_back(trial.balance().k());
  const at::Tensor k = at::tensor(targets).to(scores.device());
  const Sharpness sharpness{PerTrial(settings, scores, [](const Balance& b) { return b.epsilon(); }),
                            PerTrial(settings, scores, [](const Balance& b) { return b.rho(); })};

  const RankedPair row_pair = FindRankedPair(scores.detach(), k);
  const Constraints rows = Constrain(row_pair, scores.gather(-1, row_pair.index) - thresholds, sharpness);

  const at::Tensor by_key = scores.transpose(-1, -2), query_thresholds = thresholds.squeeze(-1);
  // Ranks of a column are those of its margins: the thresholds differ from query to query.
  const RankedPair column_pair = FindRankedPair((by_key - query_thresholds.unsqueeze(-2)).detach(), k);
  const at::Tensor& queries = column_pair.index;  // [G, B, H, K, 2]
  const at::Tensor their_thresholds = query_thresholds.gather(-1, queries.flatten(-2)).view_as(queries);
  const Constraints columns = Constrain(column_pair, by_key.gather(-1, queries) - their_thresholds, sharpness);

  const at::Tensor all = multipliers.defined() ? multipliers.detach().to(scores.scalar_type())
                                               : at::ones({scores.size(0), scores.size(2), 4}, scores.options());
  const auto weighted = [&](const Constraints& constraints, int64_t kind) {
    const at::Tensor mu = all.narrow(-1, kind, 2).unsqueeze(1).unsqueeze(3);  // [G, 1, H, 1, 2]
    return SumPerTrial(
        at::where(constraints.there, mu / sharpness.rho * Psi(constraints.scaled), at::zeros({}, all.options())));
  };
  const at::Tensor weight = PerTrial(settings, scores, [](const Balance& b) { return b.weight(); }).flatten();
  const at::Tensor count = (SumPerTrial(rows.there) + SumPerTrial(columns.there)).clamp_min(1);
  return {weight * (weighted(rows, 0) + weighted(columns, 2)) / count,
          at::cat({MeanViolation(rows), MeanViolation(columns)}, -1)};
}

}  // namespace ablate::attention
