// Attributions of a sample of examples, as numbers for all of them.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "lib/tasks/task.h"
#include "lib/training/array_state.h"
#include "proto/evaluation.pb.h"

namespace ablate::training {

// For each attribution that the analysis names the metric NAME/effective_tokens: mean over the examples of exp(entropy) of its
// absolute values over their sum; of one of each token, the mean over tokens of the same of their rows. Of integrated gradients
// also the mean and the largest absolute completeness gap.
absl::Status AddAttributions(const Analysis& analysis, const std::vector<tasks::Example>& examples, const ArrayState& state,
                             EvaluationResult& result);

}  // namespace ablate::training
