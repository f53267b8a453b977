// Scores of what a trial wrote. Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lib/tasks/task.h"

namespace ablate::tasks {

// Names and values of task.generation_metrics: "bleu" in [0, 100], "rouge_l", "distinct_1" and "distinct_2" in [0, 1].
// `generated` is of each example of one set, without begin and end; `references` is the set's. Empty where the task has no
// text.
std::vector<std::pair<std::string, double>> ScoreGenerated(const LabelledExamples& task,
                                                           const std::vector<std::vector<std::string>>& references,
                                                           const std::vector<std::vector<int32_t>>& generated);

}  // namespace ablate::tasks
