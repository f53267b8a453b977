// A task: its examples as token ids, and the shape that a model for it needs. Torch-free.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/evaluation.pb.h"
#include "proto/trial.pb.h"

namespace ablate::tasks {

struct Example {
  std::vector<int32_t> tokens;  // [CLS] first; no padding; at most max_tokens
  int32_t second_start = 0;     // place of the second text's first token; tokens.size() where there is no second text
  int32_t label = 0;            // [0, classes)
};

// Token id of padding in every task's vocabulary.
inline constexpr int32_t kPadding = 0;

struct SkippedRows {
  std::string file;
  int64_t count = 0;
  std::string first;  // "path:line: what was wrong" of the first one
};

struct LabelledExamples {
  std::vector<Example> train;
  std::vector<Example> validation;
  int classes = 0;
  int vocabulary = 0;  // token ids lie in [0, vocabulary)
  int max_tokens = 0;  // longest example that can occur
  std::vector<std::string> class_names;
  std::vector<int64_t> lines;        // of the validation examples in their file, from 1; empty: they were made in memory
  std::vector<SkippedRows> skipped;  // of each file that had bad rows, where they are to be left out
};

// Makes or reads the examples. Paths are relative to `data_folder`. The same task gives the same examples on every machine.
// NotFound on a missing file, InvalidArgument with "path:line: what was seen, what is allowed" on a bad row.
absl::StatusOr<LabelledExamples> LoadTask(const Task& task, const std::string& data_folder);

// The examples of a second set as `validation`, with classes and tokens of the task; `train` stays empty. LoadTask's errors;
// also InvalidArgument where the task is not one of files.
absl::StatusOr<LabelledExamples> LoadEvaluationSet(const Task& task, const EvaluationSet& set, const std::string& data_folder);

// Reads only headers: what `ablate validate` checks. As LoadTask's errors.
absl::Status CheckTaskFiles(const Task& task, const std::string& data_folder);

}  // namespace ablate::tasks
