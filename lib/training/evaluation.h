// Evaluation of an array on the validation examples.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "lib/tasks/task.h"
#include "lib/training/array_state.h"
#include "proto/event.pb.h"

namespace ablate::training {

// Of each trial.
struct EvaluationNumbers {
  double loss = 0;                 // mean cross-entropy, nats
  double accuracy = 0;             // share in [0, 1]; among equal logits the lowest class counts as predicted
  AttentionStatistics statistics;  // trial and step are left to the caller
};

// All trials see the same batches, of at most max(batch_size, 32) examples, without dropout. May throw what torch throws.
absl::StatusOr<std::vector<EvaluationNumbers>> Evaluate(const tasks::LabelledExamples& examples, const ArrayState& state);

}  // namespace ablate::training
