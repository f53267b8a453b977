#include "lib/attention/balance.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include "fmt/format.h"
#include "fmt/ranges.h"
#include "lib/attention/balance_multipliers.h"
#include "lib/attention/masked_probabilities.h"
#include "lib/attention/regular_maps.h"

namespace ablate::attention {
namespace {

// K of each sentence, [G, B] int64.
at::Tensor Targets(const std::vector<Attention>& settings, const at::Tensor& key_valid, double progress) {
  const at::Tensor tokens = key_valid.sum(-1).cpu().contiguous();
  at::Tensor targets = at::empty(tokens.sizes(), at::kLong);
  const int64_t examples = tokens.size(1);
  for (int64_t i = 0; i < tokens.numel(); ++i) {
    targets.mutable_data_ptr<int64_t>()[i] =
        TargetDegreeAt(settings[i / examples].balance(), tokens.const_data_ptr<int64_t>()[i], progress);
  }
  return targets.to(key_valid.device());
}

}  // namespace

absl::Status CheckMultipliers(const at::Tensor& multipliers, int64_t trials, int64_t heads) {
  if (!multipliers.defined()) return absl::OkStatus();
  const std::vector<int64_t> shared = {trials, heads, kConstraintKinds};
  const std::vector<int64_t> per_row = {trials, heads, kRelativeRows, kConstraintKinds};
  if (multipliers.sizes() == shared || multipliers.sizes() == per_row) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format("multipliers is [{}]; it must be [{}] or [{}]",
                                                fmt::join(multipliers.sizes(), ", "), fmt::join(shared, ", "),
                                                fmt::join(per_row, ", ")));
}

at::Tensor NoViolations(const at::Tensor& multipliers, int64_t trials, const at::Tensor& scores) {
  std::vector<int64_t> shape = {trials, scores.size(2)};
  if (multipliers.defined() && multipliers.dim() == 4) shape.push_back(kRelativeRows);
  shape.push_back(kConstraintKinds);
  return at::zeros(shape, scores.options().requires_grad(false));
}

Balancing::Balancing(const std::vector<Attention>& settings, const at::Tensor& key_valid, const Moment& moment)
    : settings_(settings), progress_(moment.progress), training_(moment.training) {
  if (IsBalanced(settings[0])) targets_ = Targets(settings, key_valid, progress_);
}

bool Balancing::Constructs() const {
  if (!IsBalanced(settings_[0])) return false;
  return IsByConstruction(settings_[0]) || (!training_ && settings_[0].balance().project_evaluation());
}

at::Tensor Balancing::Scores(const at::Tensor& scores, const at::Tensor& alpha_minus_one) const {
  if (!Constructs()) return scores;
  return RegularScores(scores, targets_, alpha_minus_one, settings_, !IsByConstruction(settings_[0]));
}

at::Tensor Balancing::WithGradient(const at::Tensor& probabilities, const at::Tensor& scores,
                                   const std::function<at::Tensor(const at::Tensor&)>& normalize) const {
  if (!Constructs() || settings_[0].balance().gradient() != Sparsity::STRAIGHT_THROUGH) return probabilities;
  return StraightThrough(normalize(scores), probabilities.detach());
}

BalanceTerm Balancing::Loss(const at::Tensor& scores, const at::Tensor& thresholds, const at::Tensor& probabilities,
                            const at::Tensor& multipliers) const {
  return BalanceLoss({scores, thresholds, probabilities, targets_, multipliers, progress_}, settings_);
}

}  // namespace ablate::attention
