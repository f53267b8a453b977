// copy, reverse and sort: sequences of symbols made in memory, to be written in another order. Same settings, same sequences in
// all three, on every machine; more examples begin with the fewer.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/tasks/task.h"

namespace ablate::tasks {

// Length (evenly between the bounds) and symbols are drawn. Token ids: the four special ones, then 4 + symbol; the source is
// the symbols and kEnd, the target kBegin, the answer and kEnd. InvalidArgument where min_tokens > max_tokens, and on another
// task.
absl::StatusOr<LabelledExamples> MakeSymbolSequences(const Task& task);
absl::Status CheckSymbolSequences(const Task& task);

}  // namespace ablate::tasks
