// Multi-query recall, after the multi-query associative recall of Arora et al. 2023 (arXiv:2312.04927), as sequence to
// sequence.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/tasks/task.h"

namespace ablate::tasks {

// The source is key, value, key, value, ..., a separator, the query keys, kEnd; the target kBegin, a value for each query,
// kEnd. Token ids: the four special ones; 4 the separator; 5 + key; 5 + keys + value. The number of pairs is drawn evenly
// between the bounds, keys without repetition, values and queries with. InvalidArgument where min_pairs > max_pairs, or where
// the longest set needs more pairs than there are keys.
absl::StatusOr<LabelledExamples> MakeMultiQueryRecall(const MultiQueryRecall& settings);
absl::Status CheckMultiQueryRecall(const MultiQueryRecall& settings);

}  // namespace ablate::tasks
