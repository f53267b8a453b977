// One text, or one validation example, with all that a trial's attention makes of it.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "lib/tasks/task.h"
#include "lib/training/array_state.h"
#include "proto/evaluation.pb.h"

namespace ablate::training {

// Tokens, the map of each head, attributions, and the prediction (message Analysis, source TEXT). Of a task that is not made of
// texts, tokens are numbers.
absl::Status Draw(const EvaluationRequest& request, const tasks::LabelledExamples& examples, const ArrayState& state,
                  const std::string& data_folder, EvaluationResult& result);

}  // namespace ablate::training
