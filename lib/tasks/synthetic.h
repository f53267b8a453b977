// Tasks made in memory: the same settings give the same examples on every machine (only integers are drawn). Numbers of
// examples are no part of that: more training examples begin with the fewer. A training sequence that also is a validation
// sequence is drawn again, at most 100 times, so the two are disjoint unless hardly more sequences exist than are asked for.
#pragma once

#include "absl/status/statusor.h"
#include "lib/tasks/examples.h"
#include "proto/trial.pb.h"

namespace ablate::tasks {

// A query key, then pairs (key, value), one token a pair, each key once; the label is the value of the query's pair.
// Token ids: 0 padding; 1 + key for the query; 1 + keys + key * values + value for a pair. The number of pairs, the keys, their
// values and which of the pairs is asked for are drawn evenly.
// InvalidArgument where min_pairs > max_pairs or max_pairs > keys.
absl::StatusOr<LabelledExamples> MakeRecall(const Recall& settings);
absl::Status CheckRecall(const Recall& settings);

// [CLS], then symbols; the label is the most frequent one. Token ids: 0 padding; 1 [CLS]; 2 + symbol. Length and symbols are
// drawn evenly; of symbols that tie for the most frequent one is chosen evenly, and other symbols become it, from a place
// drawn evenly onwards, until it leads. Each class has the same probability.
// InvalidArgument where min_tokens > max_tokens.
absl::StatusOr<LabelledExamples> MakeMajority(const Majority& settings);
absl::Status CheckMajority(const Majority& settings);

}  // namespace ablate::tasks
