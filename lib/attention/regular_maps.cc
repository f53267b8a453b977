#include "lib/attention/regular_maps.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "lib/attention/balance_forms.h"
#include "lib/attention/regular_graph.h"

namespace ablate::attention {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Queries whose K scores are as good as equal are not scaled further up.
constexpr double kMostScale = 0x1p20;

struct Extent {
  int64_t queries = 0, keys = 0;  // up to the last one that is not masked
  bool has_nan = false;
};

Extent ExtentOf(const double* scores, int64_t queries, int64_t keys) {
  Extent extent;
  for (int64_t query = 0; query < queries; ++query) {
    for (int64_t key = 0; key < keys; ++key) {
      const double score = scores[query * keys + key];
      extent.has_nan |= std::isnan(score) || score == kInfinity;
      if (score == -kInfinity) continue;
      extent.queries = query + 1;
      extent.keys = std::max(extent.keys, key + 1);
    }
  }
  return extent;
}

// One map at a time; keeps its memory.
class MapFinder {
 public:
  MapFinder(int64_t queries, int64_t keys, const MapOptions& options) : queries_(queries), keys_(keys) {
    request_.columns = options.columns;
    request_.solve = options.rounds == 0 || options.solve;
    if (options.rounds > 0) request_.rounds = options.rounds;
  }

  // Outputs are zeros before.
  void Find(const double* scores, int64_t k, bool* graph, double* offsets, double* thresholds) {
    const Extent extent = ExtentOf(scores, queries_, keys_);
    if (extent.has_nan || extent.queries == 0) return;
    request_.queries = extent.queries, request_.keys = extent.keys, request_.k = k;
    compact_.resize(extent.queries * extent.keys);
    for (int64_t query = 0; query < extent.queries; ++query) {
      std::copy_n(scores + query * keys_, extent.keys, compact_.begin() + query * extent.keys);
    }
    finder_.Find(compact_.data(), request_);
    for (int64_t query = 0; query < extent.queries; ++query) {
      std::copy_n(finder_.graph().begin() + query * extent.keys, extent.keys, graph + query * keys_);
    }
    std::copy(finder_.offsets().begin(), finder_.offsets().end(), offsets);
    std::copy(finder_.thresholds().begin(), finder_.thresholds().end(), thresholds);
  }

 private:
  int64_t queries_, keys_;
  GraphRequest request_;
  RegularGraph finder_;
  std::vector<double> compact_;
};

// d = alpha - 1 of each head, [G, 1, H, 1, 1] f64.
at::Tensor Exponents(const at::Tensor& scores, const at::Tensor& alpha_minus_one) {
  if (!alpha_minus_one.defined()) return at::ones({1, 1, 1, 1, 1}, scores.options().dtype(at::kDouble).requires_grad(false));
  return alpha_minus_one.detach().to(at::kDouble).reshape({scores.size(0), 1, scores.size(2), 1, 1});
}

// Scales of queries under which entmax of alpha = 1 + d has its threshold where these margins are 0: with p = (d s m)^(1/d) and
// sum p = 1, s = 1 / (d (sum m^(1/d))^d). margins [G, B, H, Q, K], those not above 0 count nothing. [G, B, H, Q, 1]
at::Tensor ScalesFor(const at::Tensor& margins, const at::Tensor& d) {
  const at::Tensor largest = margins.amax(-1, /*keepdim=*/true);
  const at::Tensor unit = at::where(largest.gt(0), largest, at::ones({}, largest.options()));
  const at::Tensor sum = at::pow((margins / unit).clamp_min(0), 1 / d).sum(-1, /*keepdim=*/true);
  return at::where(largest.gt(0), 1 / (d * unit * at::pow(sum, d)), at::full({}, kInfinity, largest.options()));
}

// sparsegen is sparsemax of scores over 1 - lambda.
at::Tensor Divisors(const std::vector<Attention>& settings, const at::Tensor& scores) {
  std::vector<double> divisors;
  for (const Attention& trial : settings) {
    divisors.push_back(trial.normalizer() == "sparsegen" ? 1 - trial.sparsegen_lambda() : 1);
  }
  return at::tensor(divisors, at::kDouble).to(scores.device()).reshape({-1, 1, 1, 1, 1});
}

at::Tensor Projected(const at::Tensor& scores, const RegularMaps& maps, const at::Tensor& d, const at::Tensor& divisors) {
  const at::Tensor shift = maps.offsets + maps.thresholds;
  const at::Tensor margins = scores.detach().to(at::kDouble) - shift;
  const at::Tensor all_stay = margins.ne(-kInfinity).sum(-1, /*keepdim=*/true).eq(maps.graph.sum(-1, /*keepdim=*/true));
  const at::Tensor scale = ScalesFor(margins, d) * divisors;
  const at::Tensor within = at::where(all_stay, scale.clamp_max(1), scale.clamp_max(kMostScale));
  const auto options = scores.options().requires_grad(false);
  return (scores - shift.to(options)) * within.to(options);
}

at::Tensor Kept(const at::Tensor& scores, const RegularMaps& maps, const at::Tensor& d, const at::Tensor& divisors,
                const std::vector<Attention>& settings) {
  std::vector<double> margins;
  for (const Attention& trial : settings) margins.push_back(trial.balance().epsilon() / (1 - trial.balance().epsilon()));
  const at::Tensor share = at::tensor(margins, at::kDouble).to(scores.device()).reshape({-1, 1, 1, 1, 1});
  const at::Tensor z = scores.detach().to(at::kDouble), outside = maps.graph.logical_not();
  const at::Tensor lowest = z.masked_fill(outside, kInfinity).amin(-1, /*keepdim=*/true);
  const at::Tensor mean =
      z.masked_fill(outside, 0).sum(-1, /*keepdim=*/true) / maps.graph.sum(-1, /*keepdim=*/true).clamp_min(1);
  // Of queries without keys all of this is infinite or NaN, and masked again below.
  const at::Tensor threshold = lowest - share * (mean - lowest);
  const at::Tensor inside = (z - threshold).masked_fill(outside, 0);
  const at::Tensor scale = (ScalesFor(inside, d) * divisors).clamp_max(1);
  const auto options = scores.options().requires_grad(false);
  // What is not a number is not hidden.
  return (scores * scale.to(options)).masked_fill(outside.logical_and(z.isnan().logical_not()), -kInfinity);
}

}  // namespace

RegularMaps FindRegularMaps(const at::Tensor& scores, const at::Tensor& targets, const MapOptions& options) {
  at::NoGradGuard guard;
  const at::Tensor own = scores.detach().cpu().to(at::kDouble).contiguous(), k = targets.cpu().contiguous();
  const int64_t trials = own.size(0), examples = own.size(1), heads = own.size(2), queries = own.size(3), keys = own.size(4);
  RegularMaps maps{at::zeros(own.sizes(), at::kBool), at::zeros({trials, examples, heads, 1, keys}, at::kDouble),
                   at::zeros({trials, examples, heads, queries, 1}, at::kDouble)};
  const double* const from = own.const_data_ptr<double>();
  const int64_t* const target = k.const_data_ptr<int64_t>();
  bool* const graph = maps.graph.mutable_data_ptr<bool>();
  double* const offsets = maps.offsets.mutable_data_ptr<double>();
  double* const thresholds = maps.thresholds.mutable_data_ptr<double>();
  at::parallel_for(0, trials * examples * heads, 1, [&](int64_t begin, int64_t end) {
    MapFinder finder(queries, keys, options);
    for (int64_t i = begin; i < end; ++i) {
      finder.Find(from + i * queries * keys, target[i / heads], graph + i * queries * keys, offsets + i * keys,
                  thresholds + i * queries);
    }
  });
  return {maps.graph.to(scores.device()), maps.offsets.to(scores.device()), maps.thresholds.to(scores.device())};
}

at::Tensor RegularScores(const at::Tensor& scores, const at::Tensor& targets, const at::Tensor& alpha_minus_one,
                         const std::vector<Attention>& settings, bool project) {
  const Balance& shared = settings[0].balance();
  const int64_t rounds = shared.form() == Balance::PROJECTION ? shared.rounds() : 0;
  const RegularMaps maps = FindRegularMaps(scores, targets, {BalancesColumns(shared), rounds, rounds == 0});
  const at::Tensor d = Exponents(scores, alpha_minus_one), divisors = Divisors(settings, scores);
  return project || shared.form() == Balance::PROJECTION ? Projected(scores, maps, d, divisors)
                                                         : Kept(scores, maps, d, divisors, settings);
}

}  // namespace ablate::attention
