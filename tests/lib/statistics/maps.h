// Attention maps for tests: made by hand or at random, and what a plain double-precision loop says of them.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "proto/event.pb.h"
#include "proto/trial.pb.h"

namespace ablate::statistics {

struct Maps {
  at::Tensor probabilities;  // [T, B, H, Q, K] f32
  at::Tensor support;        // the same in bool
  at::Tensor query_valid;    // [T, B, Q] bool
  at::Tensor key_valid;      // [T, B, K] bool
};

// One example of one trial, all valid; heads[h](query, key) says whether the query attends the key. Rows are even on their
// keys.
Maps MapsOf(const std::vector<std::function<bool(int, int)>>& heads, int queries, int keys);

// Sparse rows, some without mass; padding anywhere, not only at the end. Padding holds zeros.
Maps RandomMaps(uint64_t seed, int trials, int examples, int heads, int queries, int keys);

// Trial number `first` of the array alone, or examples [first, first + count).
Maps OnlyTrial(const Maps& maps, int trial);
Maps OnlyExamples(const Maps& maps, int first, int count);

// All maps of one layer through an accumulator of one layer.
AttentionStatistics Measure(const Maps& maps, const std::vector<Trial>& trials, int trial = 0);

Trial WithBalance(uint32_t k);

// Value of a head statistic, or of a layer's; the test fails where it is missing.
double Value(const AttentionStatistics& statistics, const std::string& name, int head = 0);

// counts[d] of the distribution, "out" or "in"; checks that degrees ascend and counts are positive.
std::vector<uint64_t> DegreeCounts(const AttentionStatistics& statistics, const std::string& direction, int head = 0);

// What the definitions of the catalogue say, computed without any cleverness for trial `trial`.
AttentionStatistics Reference(const Maps& maps, int trial, uint32_t balance_k);

// Fails where integers differ at all, or a double by more than `relative` times the largest it could be.
void ExpectEqualStatistics(const AttentionStatistics& a, const AttentionStatistics& b, double tolerance);

}  // namespace ablate::statistics
