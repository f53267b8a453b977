// translation and generation: lines of text and what to write for them, from files.
// * Source: its tokens and kEnd; target: kBegin, its tokens and kEnd. One vocabulary, made from the training lines of both
// sides.
// * Pairs with more than max_tokens tokens on a side are left out of training (a note says how many); other sets keep them,
// cut.
// * translation: each line an example with one reference. generation: lines of equal source are one example, at the place of
// the
//   first of them, whose target it has; all their targets are its references.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/tasks/task.h"

namespace ablate::tasks {

// Errors as LoadTask's: "path:line: ..." for an empty line, for one that is not UTF-8, and for a target line that lacks
// target_ends_at; InvalidArgument where two files have not the same number of lines, or only one of test's two is given.
absl::StatusOr<LabelledExamples> LoadParallelText(const Task& task, const std::string& data_folder);

// The settings, and the first line of each file.
absl::Status CheckParallelText(const Task& task, const std::string& data_folder);

}  // namespace ablate::tasks
