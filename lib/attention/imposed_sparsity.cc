#include "lib/attention/imposed_sparsity.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ne.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "fmt/format.h"
#include "lib/attention/kept_pairs.h"
#include "lib/attention/masked_probabilities.h"
#include "lib/normalizers/highest_scores.h"

namespace ablate::attention {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Address of a map's first random number: 29 bits of example, 7 of head, 13 of query, 13 of key; the layer is with the step.
uint64_t FirstNumber(int64_t example, int64_t head) {
  return static_cast<uint64_t>(example) << 33 | static_cast<uint64_t>(head) << 2 * kKeyBits;
}

uint64_t NumbersStep(const Moment& moment) { return moment.step | static_cast<uint64_t>(moment.layer) << 40; }

// Exact top-k per query of true lengths needs no mask.
bool IsPlainTopK(const Attention& trial) {
  const Sparsity& sparsity = trial.sparsity();
  return sparsity.structure() == Sparsity::TOP_K_PER_QUERY && sparsity.basis() == Sparsity::TRUE_LENGTH &&
         sparsity.protect() == Sparsity::NOTHING && sparsity.site() == Sparsity::SCORES &&
         sparsity.gradient() == Sparsity::MASKED;
}

void KeepTopKPerQuery(const std::vector<Sparsity>& settings, at::Tensor& scores) {
  const at::Tensor valid = scores.select(2, 0).ne(-kInfinity).sum(-1);  // [G, B, Q]: masks are those of all heads
  std::vector<int64_t> kept;
  const at::Tensor own = valid.cpu().contiguous();
  const int64_t rows_of_trial = own.size(1) * own.size(2);
  for (int64_t i = 0; i < own.numel(); ++i) {
    const Sparsity& sparsity = settings[i / rows_of_trial];
    const int64_t n = own.const_data_ptr<int64_t>()[i];
    kept.push_back(KeptCount(sparsity.structure() == Sparsity::NONE ? 0 : sparsity.level(), n, n));
  }
  normalizers::KeepHighest(at::tensor(kept, at::kLong).view(valid.sizes()).to(scores.device()).unsqueeze(2), scores);
}

// [G, H].
at::Tensor CountPairs(const at::Tensor& pairs) { return pairs.sum({1, 3, 4}); }

}  // namespace

absl::Status CheckSparsity(const Sparsity& sparsity) {
  const auto in = [](double value, double low, double high) { return value >= low && value <= high; };
  if (sparsity.structure() == Sparsity::STRUCTURE_UNSPECIFIED)
    return absl::InvalidArgumentError("sparsity: no structure is set");
  if (!(sparsity.level() >= 0 && sparsity.level() < 1)) {
    return absl::InvalidArgumentError(fmt::format("sparsity: level is {}; allowed is [0, 1)", sparsity.level()));
  }
  if (!in(sparsity.threshold(), 0, 1) || !(sparsity.mass() > 0 && sparsity.mass() <= 1) ||
      !(sparsity.ramp_share() > 0 && sparsity.ramp_share() <= 1)) {
    return absl::InvalidArgumentError(
        fmt::format("sparsity: threshold {} must be in [0, 1], mass {} and ramp_share {} in (0, 1]", sparsity.threshold(),
                    sparsity.mass(), sparsity.ramp_share()));
  }
  if (sparsity.n() < 1 || sparsity.n() > sparsity.m() || sparsity.block_size() < 1) {
    return absl::InvalidArgumentError(fmt::format("sparsity: n {} must be in [1, m], m is {}; block_size {} at least 1",
                                                  sparsity.n(), sparsity.m(), sparsity.block_size()));
  }
  if (sparsity.site() == Sparsity::SITE_UNSPECIFIED || sparsity.basis() == Sparsity::BASIS_UNSPECIFIED ||
      sparsity.phase() == Sparsity::PHASE_UNSPECIFIED || sparsity.gradient() == Sparsity::GRADIENT_UNSPECIFIED ||
      sparsity.protect() == Sparsity::PROTECT_UNSPECIFIED) {
    return absl::InvalidArgumentError("sparsity: no site, basis, phase, gradient or protect is set");
  }
  return absl::OkStatus();
}

bool IsByChance(const Sparsity& sparsity) {
  return sparsity.structure() == Sparsity::RANDOM || sparsity.structure() == Sparsity::ATTENTION_DROPOUT;
}

Sparsity InForce(const Sparsity& sparsity, const Moment& moment) {
  Sparsity now = sparsity;
  const Sparsity::Phase phase = sparsity.phase();
  if ((phase == Sparsity::TRAIN && !moment.training) || (phase == Sparsity::EVALUATION && moment.training)) {
    now.set_structure(Sparsity::NONE);
  }
  if (phase == Sparsity::RAMP) {
    const double share = std::min(1., moment.progress / sparsity.ramp_share());
    now.set_level(share * sparsity.level());
    now.set_threshold(share * sparsity.threshold());
    now.set_mass(1 - share * (1 - sparsity.mass()));
    now.set_n(sparsity.m() - static_cast<uint32_t>(share * (sparsity.m() - sparsity.n()) + 1e-6));
  }
  return now;
}

at::Tensor KeptPairs(const std::vector<Sparsity>& settings, const at::Tensor& scores, const Moment& moment, int64_t first,
                     random::Stream stream) {
  const at::Tensor own = scores.detach().cpu().contiguous();
  const at::Tensor keep = at::empty(own.sizes(), at::kByte);
  const int64_t examples = own.size(1), heads = own.size(2), pairs = own.size(3) * own.size(4);
  AT_DISPATCH_FLOATING_TYPES(own.scalar_type(), "KeptPairs", [&] {
    at::parallel_for(0, own.size(0) * examples, 1, [&](int64_t begin, int64_t end) {
      std::vector<double> map(pairs);
      for (int64_t i = begin; i < end; ++i) {
        const int64_t trial = i / examples, example = i % examples;
        PairKeeper keeper(settings[trial]);
        const bool by_chance = IsByChance(settings[trial]);
        const random::Numbers numbers(by_chance ? moment.seeds[first + trial] : 0, stream, NumbersStep(moment));
        for (int64_t head = 0; head < heads; ++head) {
          const int64_t place = (i * heads + head) * pairs;
          const scalar_t* const from = own.const_data_ptr<scalar_t>() + place;
          std::copy_n(from, pairs, map.begin());
          const uint64_t number = by_chance ? FirstNumber(moment.examples[first + trial][example], head) : 0;
          keeper.Keep(map.data(), {own.size(3), own.size(4), moment.first_query}, numbers, number,
                      keep.mutable_data_ptr<uint8_t>() + place);
        }
      }
    });
  });
  return keep.to(at::kBool).to(scores.device());
}

Imposition::Imposition(const std::vector<Attention>& trials, const Moment& moment, int64_t first, at::Tensor& scores) {
  const Sparsity& shared = trials[0].sparsity();
  if (shared.structure() == Sparsity::NONE) return;
  at::NoGradGuard guard;
  for (const Attention& trial : trials) in_force_.push_back(InForce(trial.sparsity(), moment));
  const at::Tensor valid = CountPairs(scores.ne(-kInfinity));
  if (std::all_of(trials.begin(), trials.end(), IsPlainTopK)) {
    KeepTopKPerQuery(in_force_, scores);
  } else {
    keep_ = KeptPairs(in_force_, scores, moment, first, random::Stream::kImposedSparsity);
  }
  const at::Tensor kept = CountPairs(keep_.defined() ? keep_ : scores.ne(-kInfinity));
  counts_ = at::stack({valid, valid - kept}, -1);
  if (keep_.defined() && shared.site() == Sparsity::SCORES && shared.gradient() == Sparsity::MASKED) {
    scores.masked_fill_(keep_.logical_not(), -kInfinity);
    keep_ = at::Tensor();
  }
}

Imposition::Normalized Imposition::Probabilities(const at::Tensor& scores,
                                                 const std::function<at::Tensor(const at::Tensor&)>& normalize) const {
  Normalized result;
  result.dense = normalize(scores);
  result.probabilities = result.dense;
  result.support_scores = scores.detach();
  result.support_probabilities = result.dense.detach();
  if (!keep_.defined()) return result;
  const Sparsity& shared = in_force_[0];
  if (shared.site() == Sparsity::SCORES) {  // straight-through
    at::NoGradGuard guard;
    result.support_scores = scores.masked_fill(keep_.logical_not(), -kInfinity);
    result.support_probabilities = normalize(result.support_scores);
  }
  at::Tensor sparse = result.support_probabilities;
  if (shared.site() != Sparsity::SCORES) {
    std::vector<double> scales;
    std::vector<bool> active;
    for (const Sparsity& sparsity : in_force_) {
      const bool scaled = sparsity.structure() == Sparsity::ATTENTION_DROPOUT && sparsity.site() == Sparsity::PROBABILITIES;
      scales.push_back(scaled ? 1 / (1 - sparsity.level()) : 1);
      active.push_back(sparsity.structure() != Sparsity::NONE);
    }
    sparse = RemovePairs(result.dense, keep_, scales);
    if (shared.site() == Sparsity::RENORMALIZED) sparse = Renormalize(sparse, active);
  }
  result.probabilities =
      shared.gradient() == Sparsity::STRAIGHT_THROUGH ? StraightThrough(result.dense, sparse.detach()) : sparse;
  return result;
}

}  // namespace ablate::attention
