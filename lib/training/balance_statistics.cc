#include "lib/training/balance_statistics.h"

#include <ATen/TensorOperators.h>

#include "lib/attention/balance_forms.h"
#include "lib/attention/balance_multipliers.h"

namespace ablate::training {
namespace {

// [T, H, kinds] f64 on the CPU: where parts of a sentence have values of their own, their mean.
at::Tensor PerHead(const at::Tensor& values) {
  const at::Tensor own = values.detach().cpu().to(at::kDouble);
  return (own.dim() == 4 ? own.mean(2) : own).contiguous();
}

}  // namespace

void BalanceStatistics::Add(int64_t layer, const at::Tensor& violations, int64_t examples) {
  if (!violations.defined()) return;
  if (static_cast<size_t>(layer) >= sums_.size()) sums_.resize(layer + 1);
  Sum& sum = sums_[layer];
  const at::Tensor added = PerHead(violations) * static_cast<double>(examples);
  sum.violations = sum.violations.defined() ? sum.violations + added : added;
  sum.examples += examples;
}

void BalanceStatistics::AppendValues(int64_t trial, int64_t layer, const char* what, const at::Tensor& values,
                                     AttentionStatistics& statistics) const {
  const double* const of_trial = values.const_data_ptr<double>() + trial * values.size(1) * attention::kConstraintKinds;
  for (int64_t head = 0; head < values.size(1); ++head) {
    for (int64_t kind = 0; kind < attention::kConstraintKinds; ++kind) {
      if (!attention::HasKind(settings_[trial].balance(), kind)) continue;
      HeadStatistic& statistic = *statistics.add_head();
      statistic.set_attention(attention_);
      statistic.set_layer(static_cast<uint32_t>(layer));
      statistic.set_head(static_cast<uint32_t>(head));
      statistic.set_statistic(std::string(what) + attention::kConstraintNames[kind]);
      statistic.set_value(of_trial[head * attention::kConstraintKinds + kind]);
    }
  }
}

void BalanceStatistics::Append(int64_t trial, const std::vector<at::Tensor>& multipliers,
                               AttentionStatistics& statistics) const {
  if (!attention::HasBalanceLoss(settings_[trial])) return;
  for (size_t layer = 0; layer < sums_.size(); ++layer) {
    const auto number = static_cast<int64_t>(layer);
    if (layer < multipliers.size() && attention::HasMultipliers(settings_[trial])) {
      AppendValues(trial, number, "multiplier_", PerHead(multipliers[layer]), statistics);
    }
    if (sums_[layer].examples == 0) continue;
    AppendValues(trial, number, "violation_", sums_[layer].violations / static_cast<double>(sums_[layer].examples), statistics);
  }
}

}  // namespace ablate::training
