#include "lib/attribution/attributions.h"

#include <utility>
#include <vector>

#include "fmt/format.h"
#include "lib/attribution/attention_rollout.h"
#include "lib/attribution/catalogue.h"
#include "lib/attribution/gradients.h"
#include "lib/attribution/value_zeroing.h"
#include "lib/base/status_macros.h"
#include "lib/base/text.h"

namespace ablate::attribution {
namespace {

constexpr int64_t kProbes = 8;  // norms of Jacobians to about a quarter each, means over many to little

absl::StatusOr<Values> ValuesOf(const Explained& explained, const std::string& name, AttributionMap& map) {
  const Subject& subject = explained.subject;
  if (name == "attention_rollout") return AttentionRollout(explained.outputs.layers);
  if (name == "gradient_x_input") return GradientTimesInput(subject, explained.target);
  if (name == "token_gradients") return TokenGradients(subject, kProbes);
  if (name == "integrated_gradients") {
    ASSIGN_OR_RETURN(IntegratedGradients result, IntegrateGradients(subject, explained.target, explained.integration_steps));
    map.set_completeness_gap(result.completeness_gap);
    return std::move(result.values);
  }
  if (name == "value_zeroing") {
    ASSIGN_OR_RETURN(std::vector<Values> layers, ValueZeroing(subject));
    return RolledOut(std::move(layers), subject.tokens());
  }
  std::vector<std::string> names;
  for (const Entry& entry : Catalogue()) names.push_back(entry.name);
  return absl::InvalidArgumentError(
      fmt::format("attribution \"{}\": allowed are {}{}", name, fmt::join(names, ", "), DidYouMean(name, names)));
}

}  // namespace

absl::StatusOr<AttributionMap> Attribute(const Explained& explained, const std::string& name) {
  AttributionMap map;
  map.set_method(name);
  ASSIGN_OR_RETURN(const Values values, ValuesOf(explained, name, map));
  map.mutable_value()->Add(values.begin(), values.end());
  return map;
}

}  // namespace ablate::attribution
