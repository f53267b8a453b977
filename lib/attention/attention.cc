#include "lib/attention/attention.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "fmt/format.h"
#include "fmt/ranges.h"
#include "lib/attention/balance.h"
#include "lib/attention/imposed_sparsity.h"
#include "lib/attention/learned_parameters.h"
#include "lib/attention/masked_probabilities.h"
#include "lib/attention/trial_checks.h"
#include "lib/base/status_macros.h"

namespace ablate::attention {
namespace {

bool ComputedTogether(const Attention& a, const Attention& b) {
  return a.normalizer() == b.normalizer() && a.sparsity().structure() == b.sparsity().structure() &&
         a.sparsity().site() == b.sparsity().site() && a.sparsity().gradient() == b.sparsity().gradient() &&
         BalancedTogether(a, b);
}

absl::Status CheckShape(const char* name, const at::Tensor& tensor, at::IntArrayRef shape) {
  if (tensor.defined() && tensor.sizes() == shape) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format("{} is [{}]; it must be [{}]", name,
                                                tensor.defined() ? fmt::format("{}", fmt::join(tensor.sizes(), ", ")) : "",
                                                fmt::join(shape, ", ")));
}

absl::Status CheckShapes(const Inputs& inputs, int64_t trials) {
  if (!inputs.queries.defined() || inputs.queries.dim() != 5 || !inputs.keys.defined() || inputs.keys.dim() != 5) {
    return absl::InvalidArgumentError("queries and keys must be [T, B, H, tokens, D]");
  }
  const int64_t examples = inputs.queries.size(1), heads = inputs.queries.size(2), queries = inputs.queries.size(3);
  const int64_t keys = inputs.keys.size(3), width = inputs.queries.size(4);
  RETURN_IF_ERROR(CheckShape("queries", inputs.queries, {trials, examples, heads, queries, width}));
  RETURN_IF_ERROR(CheckShape("keys", inputs.keys, {trials, examples, heads, keys, width}));
  RETURN_IF_ERROR(CheckShape("values", inputs.values, {trials, examples, heads, keys, width}));
  RETURN_IF_ERROR(CheckShape("query_valid", inputs.query_valid, {trials, examples, queries}));
  RETURN_IF_ERROR(CheckShape("key_valid", inputs.key_valid, {trials, examples, keys}));
  if (inputs.alpha_minus_one.defined()) {
    RETURN_IF_ERROR(CheckShape("alpha_minus_one", inputs.alpha_minus_one, {trials, heads}));
  }
  for (const auto& [name, value] : inputs.learned) {
    if (!value.defined() || value.dim() < 2 || value.dim() > 3 || value.size(0) != trials || value.size(1) != heads) {
      return absl::InvalidArgumentError(fmt::format("\"{}\" must be [T, H] or [T, H, W]", name));
    }
  }
  if (inputs.query_inputs.defined()) {
    RETURN_IF_ERROR(CheckShape("query_inputs", inputs.query_inputs, {trials, examples, queries, inputs.query_inputs.size(-1)}));
  }
  RETURN_IF_ERROR(CheckMultipliers(inputs.multipliers, trials, heads));
  if (inputs.query_valid.scalar_type() != at::kBool || inputs.key_valid.scalar_type() != at::kBool) {
    return absl::InvalidArgumentError("query_valid and key_valid must be bool");
  }
  return absl::OkStatus();
}

// [T, B, H, rows, columns] as T B H matrices side by side.
at::Tensor Matrices(const at::Tensor& x) { return x.reshape({-1, x.size(3), x.size(4)}); }

// [T, B, H, Q, K] in f32 at least. The queries are scaled rather than the scores: D numbers a query instead of K.
at::Tensor Scores(const at::Tensor& queries, const at::Tensor& keys) {
  const double scale = 1 / std::sqrt(static_cast<double>(queries.size(4)));
  const at::Tensor products = at::bmm(Matrices(queries * scale), Matrices(keys).transpose(1, 2));
  const auto type = products.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  auto shape = queries.sizes().vec();
  shape.back() = keys.size(3);
  return products.to(type).view(shape);
}

// In place and unseen by autograd: the product does not need its result again, and normalizers give masked scores no gradient.
void Mask(const Inputs& inputs, at::Tensor& scores) {
  at::NoGradGuard guard;
  const at::Tensor valid = inputs.query_valid.unsqueeze(-1).logical_and(inputs.key_valid.unsqueeze(-2));
  scores.masked_fill_(valid.logical_not().unsqueeze(2), -std::numeric_limits<double>::infinity());
}

// Where chance decides, the moment must say for whom.
absl::Status CheckMoment(const Inputs& inputs, const std::vector<Attention>& trials) {
  const auto by_chance = [](const Attention& trial) { return IsByChance(trial.sparsity()); };
  if (inputs.dropout.empty() && std::none_of(trials.begin(), trials.end(), by_chance)) return absl::OkStatus();
  const Moment& moment = inputs.moment;
  const size_t examples = inputs.queries.size(1);
  const bool addressed = moment.seeds.size() == trials.size() && moment.examples.size() == trials.size() &&
                         std::all_of(moment.examples.begin(), moment.examples.end(),
                                     [&](const std::vector<int64_t>& places) { return places.size() == examples; });
  if (addressed && (inputs.dropout.empty() || inputs.dropout.size() == trials.size())) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "what is removed by chance needs a rate and a seed of each trial, and its examples' places");
}

// What the values see.
at::Tensor WithDropout(const Inputs& inputs, const at::Tensor& probabilities) {
  if (inputs.dropout.empty()) return probabilities;
  std::vector<Sparsity> settings(inputs.dropout.size());
  std::vector<double> scales;
  for (size_t i = 0; i < settings.size(); ++i) {
    settings[i].set_structure(Sparsity::ATTENTION_DROPOUT);
    settings[i].set_level(inputs.dropout[i]);
    scales.push_back(1 / (1 - inputs.dropout[i]));
  }
  return RemovePairs(probabilities, KeptPairs(settings, probabilities, inputs.moment, 0, random::Stream::kAttentionDropout),
                     scales);
}

at::Tensor Joined(const std::vector<at::Tensor>& parts) { return parts.size() == 1 ? parts[0] : at::cat(parts, 0); }

}  // namespace

// Neighbours in the array that are computed by one call.
struct AttentionRule::Group {
  int64_t begin = 0;
  std::vector<Attention> settings;
  std::unique_ptr<normalizers::Normalizer> normalizer;

  int64_t size() const { return static_cast<int64_t>(settings.size()); }
  at::Tensor Part(const at::Tensor& x) const { return x.defined() ? x.narrow(0, begin, size()) : x; }

  absl::StatusOr<at::Tensor> AlphaMinusOne(const Inputs& inputs) const {
    if (!ReadsAlpha(settings[0])) return at::Tensor();
    if (inputs.alpha_minus_one.defined()) return Part(inputs.alpha_minus_one);
    std::vector<float> fixed;
    for (const Attention& trial : settings) {
      if (trial.alpha_learned()) return absl::InvalidArgumentError("alpha is learned, but alpha_minus_one is not given");
      fixed.push_back(static_cast<float>(trial.alpha() - 1));
    }
    return at::tensor(fixed).to(inputs.queries.device()).unsqueeze(-1).expand({size(), inputs.queries.size(2)});
  }

  struct Result {
    at::Tensor probabilities, support;
    BalanceTerm balance;
  };

  absl::StatusOr<normalizers::Parameters> ParametersIn(const Inputs& inputs) const {
    normalizers::Parameters parameters{settings, {}, {}};
    ASSIGN_OR_RETURN(parameters.alpha_minus_one, AlphaMinusOne(inputs));
    for (const LearnedParameter& learned : LearnedParameters(settings)) {
      const auto found = inputs.learned.find(learned.name);
      if (found == inputs.learned.end()) {
        return absl::InvalidArgumentError(
            fmt::format("{} learns \"{}\", which is not given", settings[0].normalizer(), learned.name));
      }
      if (learned.per_input && !inputs.query_inputs.defined()) {
        return absl::InvalidArgumentError(fmt::format("{} needs query_inputs", settings[0].normalizer()));
      }
      parameters.learned[learned.name] = Part(found->second);
    }
    return parameters;
  }

  // scores: of this group's trials.
  absl::StatusOr<Result> Normalize(const Inputs& inputs, const at::Tensor& scores, const normalizers::Parameters& parameters,
                                   const Imposition& imposition) const {
    Result result;
    const Balancing balancing(settings, Part(inputs.key_valid), inputs.moment);
    const auto normalize = [&](const at::Tensor& x) { return normalizer->Probabilities(x, parameters); };
    const at::Tensor seen = balancing.Scores(scores, parameters.alpha_minus_one);
    const Imposition::Normalized normalized = imposition.Probabilities(
        seen, [&](const at::Tensor& x) { return balancing.WithGradient(normalize(x), scores, normalize); });
    result.probabilities = normalized.probabilities;
    if (inputs.want_support) {
      result.support = normalizer->Support(normalized.support_scores, normalized.support_probabilities, parameters);
      if (imposition.keep().defined()) result.support = result.support.logical_and(imposition.keep());
    }
    if (!HasBalanceLoss(settings[0])) return result;
    const at::Tensor dense = seen.is_same(scores) ? normalized.dense : normalize(scores);
    ASSIGN_OR_RETURN(const at::Tensor thresholds, normalizer->Threshold(scores, dense, parameters));
    result.balance = balancing.Loss(scores, thresholds, dense, Part(inputs.multipliers));
    return result;
  }
};

absl::StatusOr<AttentionRule> AttentionRule::Make(const std::vector<Attention>& trials) {
  if (trials.empty()) return absl::InvalidArgumentError("attention for no trial");
  AttentionRule rule;
  rule.trials_ = trials;
  std::shared_ptr<Group> group;
  for (size_t i = 0; i < trials.size(); ++i) {
    if (group == nullptr || !ComputedTogether(group->settings.back(), trials[i])) {
      group = std::make_shared<Group>();
      group->begin = static_cast<int64_t>(i);
      ASSIGN_OR_RETURN(group->normalizer, normalizers::MakeNormalizer(trials[i].normalizer()));
      rule.groups_.push_back(group);
    }
    RETURN_IF_ERROR(CheckTrial(trials[i]));
    group->settings.push_back(trials[i]);
  }
  return rule;
}

// `whole` [T, ...] with each group's part as its hook gives it back; itself where no hook changes anything.
at::Tensor AttentionRule::Hooked(const at::Tensor& whole, const Hook& hook) const {
  std::vector<int64_t> sizes;
  for (const auto& group : groups_) sizes.push_back(group->size());
  std::vector<at::Tensor> parts = whole.split_with_sizes(sizes);
  bool changed = false;
  for (size_t i = 0; i < groups_.size(); ++i) {
    const at::Tensor part = hook(i, parts[i]);
    changed |= !part.is_same(parts[i]);
    parts[i] = part;
  }
  return changed ? Joined(parts) : whole;
}

absl::StatusOr<Outputs> AttentionRule::Attend(const Inputs& inputs) const {
  RETURN_IF_ERROR(CheckShapes(inputs, static_cast<int64_t>(trials_.size())));
  RETURN_IF_ERROR(CheckMoment(inputs, trials_));
  std::vector<normalizers::Parameters> parameters(groups_.size());
  for (size_t i = 0; i < groups_.size(); ++i) {
    ASSIGN_OR_RETURN(parameters[i], groups_[i]->ParametersIn(inputs));
  }
  const at::Tensor queries = Hooked(inputs.queries, [&](size_t i, const at::Tensor& part) {
    const Group& group = *groups_[i];
    const normalizers::QueryFacts facts{group.Part(inputs.query_inputs), group.Part(inputs.query_valid),
                                        group.Part(inputs.key_valid)};
    return group.normalizer->Queries(part, facts, parameters[i]);
  });
  at::Tensor scores = Scores(queries, inputs.keys);
  Mask(inputs, scores);
  std::vector<int64_t> sizes;
  std::vector<Imposition> impositions;
  bool balanced = false, imposes = false;
  for (const auto& group : groups_) {
    sizes.push_back(group->size());
    balanced |= HasBalanceLoss(group->settings[0]);
    at::Tensor part = group->Part(scores.detach());
    impositions.emplace_back(group->settings, group->Part(inputs.key_valid), inputs.moment, group->begin, part);
    imposes |= impositions.back().counts().defined();
  }

  const std::vector<at::Tensor> parts = sizes.size() == 1 ? std::vector<at::Tensor>{scores} : scores.split_with_sizes(sizes);
  std::vector<at::Tensor> probabilities, supports, losses, violations, counts;
  for (size_t i = 0; i < groups_.size(); ++i) {
    ASSIGN_OR_RETURN(Group::Result result, groups_[i]->Normalize(inputs, parts[i], parameters[i], impositions[i]));
    probabilities.push_back(std::move(result.probabilities));
    supports.push_back(std::move(result.support));
    const bool has_loss = result.balance.loss.defined();
    const auto options = scores.options().requires_grad(false);
    const at::Tensor& counted = impositions[i].counts();
    counts.push_back(counted.defined() ? counted : at::zeros({sizes[i], scores.size(2), 2}, options.dtype(at::kLong)));
    losses.push_back(has_loss ? result.balance.loss : at::zeros({sizes[i]}, options));
    violations.push_back(has_loss ? result.balance.violations : NoViolations(inputs.multipliers, sizes[i], scores));
  }

  Outputs outputs;
  outputs.probabilities = Joined(probabilities);
  if (inputs.want_support) outputs.support = Joined(supports);
  if (balanced) outputs.balance_loss = Joined(losses), outputs.violations = Joined(violations);
  if (imposes) outputs.imposed = Joined(counts);
  const at::Tensor weights = WithDropout(inputs, outputs.probabilities).to(inputs.values.scalar_type());
  outputs.context =
      Hooked(at::bmm(Matrices(weights), Matrices(inputs.values)).view_as(inputs.queries),
             [&](size_t i, const at::Tensor& part) { return groups_[i]->normalizer->Context(part, parameters[i]); });
  return outputs;
}

}  // namespace ablate::attention
