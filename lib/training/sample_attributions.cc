#include "lib/training/sample_attributions.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>

#include "lib/attribution/attributions.h"
#include "lib/attribution/subject.h"
#include "lib/base/status_macros.h"

namespace ablate::training {
namespace {

struct Numbers {
  double tokens = 0, gaps = 0;  // sums over examples
  double largest_gap = 0;
  bool has_gap = false;
};

// exp(entropy) of |values| over their sum; 0 where all are 0.
double EffectiveTokens(const double* values, size_t count) {
  double sum = 0, entropy = 0;
  for (size_t i = 0; i < count; ++i) sum += std::abs(values[i]);
  for (size_t i = 0; i < count; ++i) {
    const double share = sum > 0 ? std::abs(values[i]) / sum : 0;
    entropy -= share > 0 ? share * std::log(share) : 0;
  }
  return sum > 0 ? std::exp(entropy) : 0;
}

void Add(const AttributionMap& map, size_t tokens, Numbers& numbers) {
  const size_t rows = static_cast<size_t>(map.value_size()) / tokens;
  double sum = 0;
  for (size_t row = 0; row < rows; ++row) sum += EffectiveTokens(map.value().data() + row * tokens, tokens);
  numbers.tokens += sum / static_cast<double>(rows);
  if (!map.has_completeness_gap()) return;
  numbers.has_gap = true;
  numbers.gaps += std::abs(map.completeness_gap());
  numbers.largest_gap = std::max(numbers.largest_gap, std::abs(map.completeness_gap()));
}

void AddMetric(const std::string& name, double value, EvaluationResult& result) {
  result.add_metric(name);
  result.add_value(value);
}

}  // namespace

absl::Status AddAttributions(const Analysis& analysis, const std::vector<tasks::Example>& examples, const ArrayState& state,
                             EvaluationResult& result) {
  if (analysis.attribution().empty()) return absl::OkStatus();
  const at::NoGradGuard no_gradients;  // attributions by gradients turn them on for themselves
  std::map<std::string, Numbers> all;
  for (size_t i = 0; i < examples.size(); ++i) {
    const auto subject =
        attribution::MakeSubject(*state.network->encoder(), state.multipliers, examples[i], static_cast<int64_t>(i), state.Progress());
    ASSIGN_OR_RETURN(const models::EncoderOutputs outputs,
                     state.network->encoder()->Forward(subject.batch, state.multipliers, std::nullopt));
    const int64_t predicted = outputs.logits.select(0, 0).select(0, 0).argmax(0).item<int64_t>();
    for (const std::string& name : analysis.attribution()) {
      ASSIGN_OR_RETURN(const AttributionMap map,
                       attribution::Attribute({subject, outputs, predicted, analysis.integration_steps()}, name));
      Add(map, examples[i].tokens.size(), all[name]);
    }
  }
  const auto count = static_cast<double>(examples.size());
  for (const auto& [name, numbers] : all) {
    AddMetric(name + "/effective_tokens", numbers.tokens / count, result);
    if (!numbers.has_gap) continue;
    AddMetric(name + "/completeness_gap", numbers.gaps / count, result);
    AddMetric(name + "/largest_gap", numbers.largest_gap, result);
  }
  return absl::OkStatus();
}

}  // namespace ablate::training
