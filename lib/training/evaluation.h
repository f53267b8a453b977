// Evaluation of an array on the validation examples, and at its last step on the task's further sets.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
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

// Names with values: "validation/loss".
using NamedNumbers = std::vector<std::pair<std::string, double>>;

// Of each trial.
struct EvaluationNumbers {
  double loss = 0;                 // mean cross-entropy of the validation examples, or of their tokens, nats
  double accuracy = 0;             // share of examples, or of tokens, in [0, 1]; the highest logit is what is predicted, among
                                   // equals the lowest class or token
  NamedNumbers metrics;            // all that is to be logged, of all sets
  AttentionStatistics statistics;  // of the validation set; trial and step are left to the caller
  std::vector<Prediction> predictions;  // of classes; in the order of the validation examples
};

// All trials see the same batches, of at most max(batch_size, 32) examples, without dropout. At the last step also on the
// further sets. InvalidArgument where the model can't have learned the task. May throw what torch throws.
absl::StatusOr<std::vector<EvaluationNumbers>> Evaluate(const tasks::LabelledExamples& examples, const ArrayState& state,
                                                        EvaluationDetail detail = EvaluationDetail::kStatistics);

}  // namespace ablate::training
