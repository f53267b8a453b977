// ListOps (Nangia and Bowman 2018, arXiv:1804.06028): nested expressions over digits, with their value as one of ten classes.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/tasks/task.h"

namespace ablate::tasks {

// Token ids: 0 padding; 1 [CLS], which comes first; 2 + digit; 12 [MIN, 13 [MAX, 14 [MED, 15 [SM; 16 the closing bracket.
// A number of tokens is drawn evenly between the bounds, and an expression made that has at most so many: an operator, its
// number of arguments, and how the rest is shared among these are drawn; an argument of one token is a digit. What comes out
// shorter than the lower bound is drawn again. Longer sets have more than N/2 and at most N times max_tokens tokens. A
// `published` file gives the set "published": its lines of at most as many tokens as the longest made ones have; a note says
// how many others there are. InvalidArgument where min_tokens > max_tokens, or where the longest set's lengths need more
// brackets or arguments than the settings allow; errors of the file as "path:line: ...".
absl::StatusOr<LabelledExamples> MakeListOps(const ListOps& settings, const std::string& data_folder);

// The settings, and the first line of the file.
absl::Status CheckListOps(const ListOps& settings, const std::string& data_folder);

}  // namespace ablate::tasks
