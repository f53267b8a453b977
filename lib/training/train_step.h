// One optimizer step of an array.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "lib/tasks/batches.h"
#include "lib/tasks/task.h"
#include "lib/training/array_state.h"
#include "lib/training/batch.h"

namespace ablate::training {

// Of each trial.
struct StepNumbers {
  double loss = 0;           // the task's: mean cross-entropy of its batch's examples, or tokens, nats; with label smoothing
  double balance_loss = 0;   // weighted; 0 without balance
  double gradient_norm = 0;  // of all parameters, before clipping
  double learning_rate = 0;  // of weights
  double imposed_share = 0;  // of the batch's valid pairs, those that imposed sparsity removed

  bool AllFinite() const;
};

// Takes step state.step + 1. A trial whose numbers are not finite is spoilt by it, the others are not. May
// throw what torch throws.
absl::StatusOr<std::vector<StepNumbers>> TrainStep(const std::vector<tasks::Example>& examples,
                                                   const tasks::TrainingBatches& batches, Layout layout, ArrayState& state);

}  // namespace ablate::training
