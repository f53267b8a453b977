// Evaluation of an array on the validation examples.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/tasks/task.h"
#include "lib/training/array_state.h"
#include "proto/event.pb.h"

namespace ablate::training {

struct Prediction {
  int32_t label = 0;       // class of the example
  int32_t prediction = 0;  // class that the trial gives it; among equal logits the lowest
  float score = 0;         // probability that it gives that class
};

// What is wanted beside loss and accuracy: the BASIC set of statistics, it and the FULL set, or each example's prediction.
enum class EvaluationDetail { kStatistics, kFullStatistics, kPredictions };

// Of each trial.
struct EvaluationNumbers {
  double loss = 0;                      // mean cross-entropy, nats
  double accuracy = 0;                  // share in [0, 1]; among equal logits the lowest class counts as predicted
  AttentionStatistics statistics;       // trial and step are left to the caller
  std::vector<Prediction> predictions;  // in the order of the examples
};

// All trials see the same batches, of at most max(batch_size, 32) examples, without dropout. May throw what torch throws.
absl::StatusOr<std::vector<EvaluationNumbers>> Evaluate(const tasks::LabelledExamples& examples, const ArrayState& state,
                                                        EvaluationDetail detail = EvaluationDetail::kStatistics);

}  // namespace ablate::training
