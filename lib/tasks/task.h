// A task: its examples from files or made in memory. Torch-free.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "lib/tasks/examples.h"
#include "lib/tasks/task_checks.h"
#include "proto/evaluation.pb.h"
#include "proto/trial.pb.h"

namespace ablate::tasks {

// Makes or reads the examples. Paths are relative to `data_folder`. The same task gives the same examples on every machine.
// NotFound on a missing file, InvalidArgument with "path:line: what was seen, what is allowed" on a bad row.
absl::StatusOr<LabelledExamples> LoadTask(const Task& task, const std::string& data_folder);

// The examples of a second set as `validation`, with classes and tokens of the task; `train` stays empty. LoadTask's errors;
// also InvalidArgument where the task is not text_classification.
absl::StatusOr<LabelledExamples> LoadEvaluationSet(const Task& task, const EvaluationSet& set, const std::string& data_folder);

}  // namespace ablate::tasks
