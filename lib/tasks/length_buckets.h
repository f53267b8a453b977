// Examples of about one length, together: what batches are drawn from.
#pragma once

#include <cstdint>
#include <vector>

#include "lib/tasks/examples.h"

namespace ablate::tasks {

// Indices of all examples, by the length of the source, then of the target, then in their order.
std::vector<int64_t> InOrderOfLength(const std::vector<Example>& examples);

// Indices of all examples in buckets of at least `enough` of them (one bucket where all are fewer). `examples` is not empty.
// * Without targets: runs of neighbouring lengths, each as short as holds enough.
// * With targets: all of them are cut in two, at the length of source or target that leaves the fewest padded tokens, and so is
//   each half, as long as that leaves fewer. Runs of source lengths, each split by target length, pad twice as much on
//   Multi30k.
std::vector<std::vector<int64_t>> LengthBuckets(const std::vector<Example>& examples, int64_t enough);

}  // namespace ablate::tasks
