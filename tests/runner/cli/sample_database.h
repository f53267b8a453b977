// A small results database, written as a runner would write it.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace ablate::runner {

// Makes `path` with one experiment, "quickstart": arms softmax (accuracies 0.80, 0.82, 0.81 for seeds 1 to 3), "entmax
// alpha=1.5" (0.90, 0.93, 0.91), sparsemax (0.91, 0.92, 0.91: ties with entmax) and top_k (seed 1: 0.5, seed 2 failed with NaN,
// seed 3 pending); a claim that holds and one that does not. Each trial has 2 layers of 2 heads, and points at steps 50 and
// 100.
absl::Status WriteSampleDatabase(const std::string& path);

// Id of the trial of an arm ("softmax", "entmax", "sparsemax", "top_k") with a seed: 32 hexadecimal digits.
std::string SampleTrial(const std::string& arm, int seed);

}  // namespace ablate::runner
