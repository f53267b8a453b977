#include "lib/attention/balance_loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/expm1.h>
#include <ATen/ops/full.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>
#include <limits>

#include "lib/attention/balance_forms.h"
#include "lib/attention/balance_multipliers.h"
#include "lib/attention/regular_maps.h"
#include "lib/normalizers/ranked_pair.h"

namespace ablate::attention {
namespace {

using normalizers::FindRankedPair;
using normalizers::RankedPair;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

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

// Sums over one contiguous dimension for each trial, so that a trial's bits do not depend on the others. [G]
at::Tensor SumPerTrial(const at::Tensor& x) { return x.reshape({x.size(0), -1}).sum(-1); }

at::Tensor Zero(const at::Tensor& like) { return at::zeros({}, like.options().requires_grad(false)); }

// What all forms share.
struct Context {
  const BalanceInputs& inputs;
  const std::vector<Attention>& settings;
  at::Tensor rho, weight;  // [G, 1, 1, 1, 1], [G]
  at::Tensor multipliers;  // of the scores' type, detached

  Context(const BalanceInputs& of, const std::vector<Attention>& trials)
      : inputs(of),
        settings(trials),
        rho(PerTrial(trials, of.scores, [&](const Balance& b) { return RhoAt(b, of.progress); })),
        weight(PerTrial(trials, of.scores, [&](const Balance& b) { return WeightAt(b, of.progress); }).flatten()),
        multipliers((of.multipliers.defined() ? of.multipliers.detach() : StartMultipliers(trials, of.scores.size(2)))
                        .to(of.scores.options().requires_grad(false))) {}

  const Balance& shared() const { return settings[0].balance(); }
  bool per_place() const { return multipliers.dim() == 4; }
  at::Tensor epsilon() const {
    return PerTrial(settings, inputs.scores, [](const Balance& b) { return b.epsilon(); });
  }
};

// The constraints of rows, or of columns, kinds of them each: [G, B, H, R, kinds].
struct Constraints {
  at::Tensor violations;  // G; 0 where there is none
  at::Tensor there;       // bool
  at::Tensor places;      // [G, B, R]
};

at::Tensor PlacesOf(const at::Tensor& there) { return RelativePlaces(there.select(2, 0).select(-1, 0)); }

// FindRankedPair with a target for each sentence.
RankedPair FindPair(const at::Tensor& values, const at::Tensor& targets) {
  const RankedPair pair = FindRankedPair(values.flatten(0, 1).unsqueeze(1), targets.flatten());
  const auto shape = values.sizes().slice(0, 4).vec();
  std::vector<int64_t> pairs = shape;
  pairs.push_back(2);
  return {pair.target.view(shape), pair.unmasked.view(shape), pair.index.view(pairs)};
}

// margins: m of the pair's entries.
Constraints ConstrainRanks(const RankedPair& pair, const at::Tensor& margins, const at::Tensor& epsilon) {
  const at::Tensor there = at::stack({pair.unmasked.gt(0), pair.unmasked.gt(pair.target)}, -1);
  const at::Tensor zero = Zero(margins);
  const at::Tensor sign = at::tensor({-1, 1}, margins.options().requires_grad(false));
  // Chosen before psi: an absent margin is infinite, and so would be its gradient.
  const at::Tensor m = at::where(there, margins, zero);
  const at::Tensor violation = epsilon + pair.target.unsqueeze(-1).to(m.scalar_type()) * sign * m;
  return {at::where(there, violation, zero), there, PlacesOf(there)};
}

Constraints RowRanks(const Context& context) {
  const at::Tensor& scores = context.inputs.scores;
  const RankedPair pair = FindPair(scores.detach(), context.inputs.targets);
  return ConstrainRanks(pair, scores.gather(-1, pair.index) - context.inputs.thresholds, context.epsilon());
}

// Ranks of a column are those of its margins: the thresholds differ from query to query.
Constraints ColumnRanks(const Context& context) {
  const at::Tensor by_key = context.inputs.scores.transpose(-1, -2), thresholds = context.inputs.thresholds.squeeze(-1);
  const RankedPair pair = FindPair((by_key - thresholds.unsqueeze(-2)).detach(), context.inputs.targets);
  const at::Tensor& queries = pair.index;  // [G, B, H, K, 2]
  const at::Tensor their_thresholds = thresholds.gather(-1, queries.flatten(-2)).view_as(queries);
  return ConstrainRanks(pair, by_key.gather(-1, queries) - their_thresholds, context.epsilon());
}

// Degrees counted softly, along the last dimension of `probabilities`; `pairs` likewise, bool: those that there are.
Constraints CountDegrees(const Context& context, const at::Tensor& probabilities, const at::Tensor& pairs) {
  const at::Tensor sharpness = PerTrial(context.settings, probabilities, [](const Balance& b) { return b.sharpness(); });
  const at::Tensor degree = -at::expm1(-sharpness * probabilities).sum(-1);
  const at::Tensor unmasked = pairs.sum(-1), there = unmasked.gt(0);
  const at::Tensor k = context.inputs.targets;
  const at::Tensor target = unmasked.minimum(k.reshape({k.size(0), k.size(1), 1, 1})).clamp_min(1).to(degree.scalar_type());
  const at::Tensor kinds = there.unsqueeze(-1);
  return {at::where(kinds, (degree / target - 1).unsqueeze(-1), Zero(degree)), kinds, PlacesOf(kinds)};
}

using Term = at::Tensor (*)(const at::Tensor& g, const at::Tensor& rho, const at::Tensor& multipliers);

at::Tensor ExponentialTerm(const at::Tensor& g, const at::Tensor& rho, const at::Tensor& mu) { return mu / rho * Psi(rho * g); }

at::Tensor PenaltyTerm(const at::Tensor& g, const at::Tensor& rho, const at::Tensor&) {
  const at::Tensor over = g.clamp_min(0);
  return rho * over * over / 2;
}

at::Tensor QuadraticTerm(const at::Tensor& g, const at::Tensor& rho, const at::Tensor& lambda) {
  return lambda * g + rho / 2 * g * g;
}

at::Tensor SumOfTerms(const Context& context, const Constraints& constraints, int64_t first, Term term) {
  const at::Tensor own = MultipliersOf(context.multipliers, constraints.places, first, constraints.violations.size(-1));
  return SumPerTrial(
      at::where(constraints.there, term(constraints.violations, context.rho, own), Zero(constraints.violations)));
}

at::Tensor Clipped(const Context& context, const at::Tensor& violations) {
  return (context.rho * violations.detach()).clamp(-1, 1);
}

// [G, H, (parts,) 2]: of two kinds, or of one and nothing.
at::Tensor MeanViolation(const Context& context, const Constraints& constraints) {
  const at::Tensor moved =
      constraints.violations.size(-1) == 2 ? Clipped(context, constraints.violations) : constraints.violations.detach();
  const at::Tensor mean = MeanOfRows(moved, constraints.there, constraints.places, context.per_place());
  return mean.size(-1) == 2 ? mean : at::cat({mean, at::zeros_like(mean)}, -1);
}

BalanceTerm LossOf(const Context& context, const Constraints& rows, const Constraints& columns, Term term) {
  at::Tensor sum = SumOfTerms(context, rows, 0, term), count = SumPerTrial(rows.there);
  const at::Tensor row_violation = MeanViolation(context, rows);
  at::Tensor column_violation = at::zeros_like(row_violation);
  if (columns.there.defined()) {
    sum = sum + SumOfTerms(context, columns, 2, term);
    count = count + SumPerTrial(columns.there);
    column_violation = MeanViolation(context, columns);
  }
  return {context.weight * sum / count.clamp_min(1), at::cat({row_violation, column_violation}, -1)};
}

BalanceTerm RankLoss(const Context& context, Term term) {
  return LossOf(context, RowRanks(context), BalancesColumns(context.shared()) ? ColumnRanks(context) : Constraints(), term);
}

BalanceTerm CountLoss(const Context& context) {
  const at::Tensor& p = context.inputs.probabilities;
  const at::Tensor pairs = context.inputs.scores.ne(-kInfinity);
  return LossOf(context, CountDegrees(context, p, pairs),
                BalancesColumns(context.shared())
                    ? CountDegrees(context, p.transpose(-1, -2).contiguous(), pairs.transpose(-1, -2))
                    : Constraints(),
                QuadraticTerm);
}

BalanceTerm GraphLoss(const Context& context) {
  const at::Tensor& scores = context.inputs.scores;
  const at::Tensor graph = FindRegularMaps(scores, context.inputs.targets, {BalancesColumns(context.shared()), 0, true}).graph;
  const at::Tensor pairs = scores.ne(-kInfinity), outside = pairs.logical_and(graph.logical_not());
  const at::Tensor degree = graph.sum(-1, /*keepdim=*/true);  // [G, B, H, Q, 1]
  const at::Tensor margins = at::where(pairs, scores - context.inputs.thresholds, Zero(scores));
  const at::Tensor signed_margins = at::where(graph, -margins, margins) * degree.to(margins.scalar_type());
  const at::Tensor g = context.epsilon() + signed_margins;
  const at::Tensor places = RelativePlaces(degree.select(2, 0).squeeze(-1).gt(0));
  const auto sum = [&](const at::Tensor& there, int64_t kind) {
    return SumPerTrial(
        at::where(there, ExponentialTerm(g, context.rho, MultipliersOf(context.multipliers, places, kind, 1)), Zero(g)));
  };
  // Of each query the pair that is worst: means over all pairs say nothing, since most of those outside are far away.
  const auto worst = [&](const at::Tensor& there) {
    return at::where(there, g.detach(), at::full({}, -kInfinity, g.options().requires_grad(false))).amax(-1);
  };
  const at::Tensor there = at::stack({graph.any(-1), outside.any(-1)}, -1);
  const at::Tensor violations = Clipped(context, at::stack({worst(graph), worst(outside)}, -1)) * there;
  const at::Tensor mean = MeanOfRows(violations, there, places, context.per_place());
  return {context.weight * (sum(graph, 0) + sum(outside, 1)) / SumPerTrial(graph).clamp_min(1),
          at::cat({mean, at::zeros_like(mean)}, -1)};
}

}  // namespace

BalanceTerm BalanceLoss(const BalanceInputs& inputs, const std::vector<Attention>& settings) {
  const Context context(inputs, settings);
  switch (context.shared().form()) {
    case Balance::EXPONENTIAL_COUNT:
      return CountLoss(context);
    case Balance::PENALTY:
      return RankLoss(context, PenaltyTerm);
    case Balance::NEAREST_GRAPH:
      return GraphLoss(context);
    default:
      return RankLoss(context, ExponentialTerm);
  }
}

}  // namespace ablate::attention
