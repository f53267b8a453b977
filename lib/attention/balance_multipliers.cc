#include "lib/attention/balance_multipliers.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>

#include <algorithm>
#include <cmath>

#include "lib/attention/balance_forms.h"

namespace ablate::attention {
namespace {

bool IsCount(const Attention& trial) { return IsBalanced(trial) && trial.balance().form() == Balance::EXPONENTIAL_COUNT; }

bool Moves(const Attention& trial) { return HasMultipliers(trial) && trial.balance().multipliers() != Balance::CONSTANT; }

// [T] numbers as [T, 1, 1] or [T, 1, 1, 1], like `like`.
template <class Get>
at::Tensor PerTrial(const std::vector<Attention>& trials, const at::Tensor& like, Get get) {
  std::vector<double> values;
  for (const Attention& trial : trials) values.push_back(get(trial));
  std::vector<int64_t> shape(like.dim(), 1);
  shape[0] = -1;
  return at::tensor(values, at::kDouble).to(like.options()).reshape(shape);
}

}  // namespace

at::Tensor StartMultipliers(const std::vector<Attention>& trials, int64_t heads) {
  const bool per_place = std::any_of(trials.begin(), trials.end(), [](const Attention& trial) {
    return HasMultipliers(trial) && trial.balance().multipliers() == Balance::PER_RELATIVE_ROW;
  });
  std::vector<int64_t> shape = {static_cast<int64_t>(trials.size()), heads};
  if (per_place) shape.push_back(kRelativeRows);
  shape.push_back(kConstraintKinds);
  const at::Tensor ones = at::ones(shape, at::kFloat);
  return ones * PerTrial(trials, ones, [](const Attention& trial) { return IsCount(trial) ? 0. : 1.; });
}

at::Tensor UpdateMultipliers(const at::Tensor& multipliers, const at::Tensor& violations, const std::vector<Attention>& trials,
                             double progress) {
  at::NoGradGuard guard;
  const at::Tensor moved = violations.to(multipliers.scalar_type());
  const at::Tensor rate = PerTrial(trials, multipliers, [&](const Attention& trial) {
    const double given = trial.balance().multiplier_rate();
    if (!Moves(trial)) return 0.;
    return IsCount(trial) ? given * RhoAt(trial.balance(), progress) : std::log(1 + given) / 10;
  });
  const at::Tensor most =
      PerTrial(trials, multipliers, [](const Attention& trial) { return trial.balance().max_multiplier(); });
  const at::Tensor grown = (multipliers * (moved * rate).exp()).clamp_min(1e-3).minimum(most);
  if (std::none_of(trials.begin(), trials.end(), IsCount)) return grown;
  const at::Tensor added = (multipliers + moved * rate).minimum(most).maximum(-most);
  return at::where(PerTrial(trials, multipliers, [](const Attention& trial) { return IsCount(trial) ? 1. : 0.; }).ne(0), added,
                   grown);
}

at::Tensor RelativePlaces(const at::Tensor& there) {
  const at::Tensor rank = there.cumsum(-1) - 1, count = there.sum(-1, /*keepdim=*/true).clamp_min(1);
  return (rank * kRelativeRows).floor_divide(count).clamp(0, kRelativeRows - 1) * there;
}

at::Tensor MultipliersOf(const at::Tensor& multipliers, const at::Tensor& places, int64_t first, int64_t kinds) {
  const at::Tensor own = multipliers.narrow(-1, first, kinds);
  if (own.dim() == 3) return own.unsqueeze(1).unsqueeze(3);
  const int64_t trials = own.size(0), heads = own.size(1), examples = places.size(1), rows = places.size(2);
  const at::Tensor index = places.reshape({trials, examples, 1, rows, 1}).expand({trials, examples, heads, rows, kinds});
  return own.unsqueeze(1).expand({trials, examples, heads, kRelativeRows, kinds}).gather(3, index);
}

at::Tensor MeanOfRows(const at::Tensor& values, const at::Tensor& there, const at::Tensor& places, bool per_place) {
  // Over one contiguous dimension for each trial and head, so that a trial's bits do not depend on the others.
  const auto sum = [](const at::Tensor& x) {
    return x.permute({0, 2, 4, 1, 3}).reshape({x.size(0), x.size(2), x.size(4), -1}).sum(-1);
  };
  if (!per_place) return sum(values) / sum(there).clamp_min(1);
  const at::Tensor parts = at::arange(kRelativeRows, places.options());
  const at::Tensor inside = places.unsqueeze(-1).eq(parts).unsqueeze(2);  // [G, B, 1, R, parts]
  std::vector<at::Tensor> means;
  for (int64_t kind = 0; kind < values.size(-1); ++kind) {
    const at::Tensor counted = there.select(-1, kind).unsqueeze(-1).logical_and(inside);
    means.push_back(sum(values.select(-1, kind).unsqueeze(-1) * counted) / sum(counted).clamp_min(1));
  }
  return at::stack(means, -1);
}

}  // namespace ablate::attention
