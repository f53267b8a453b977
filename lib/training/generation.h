// What trials write for the examples of a set, by beam search, and how that is scored.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/tasks/task.h"
#include "lib/training/array_state.h"
#include "lib/training/batch.h"
#include "lib/training/evaluation.h"

namespace ablate::training {

// Tokens that trial t of the array writes for each of the first `count` examples, without begin and end. Written for this trial
// alone, so that nothing depends on its neighbours. `max_tokens`: the end included.
absl::StatusOr<std::vector<std::vector<int32_t>>> Generate(const std::vector<tasks::Example>& set, size_t count,
                                                           int64_t max_tokens, Layout layout, const ArrayState& state,
                                                           int64_t t);

// Appends "NAME/bleu" and the like to the trials' metrics where the task scores texts and the trial's generation asks for it at
// this step.
absl::Status AppendGenerated(const tasks::LabelledExamples& task, const std::string& name,
                             const std::vector<tasks::Example>& set, const std::vector<std::vector<std::string>>& references,
                             Layout layout, const ArrayState& state, std::vector<EvaluationNumbers>& numbers);

}  // namespace ablate::training
