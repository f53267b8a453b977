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

#include "absl/status/statusor.h"
#include "lib/tasks/examples.h"
#include "proto/trial.pb.h"

namespace ablate::tasks {

// Errors as ParallelLines' and MakeVocabulary's; InvalidArgument where all training pairs are too long.
absl::StatusOr<LabelledExamples> LoadParallelText(const Task& task, const std::string& data_folder);

}  // namespace ablate::tasks
