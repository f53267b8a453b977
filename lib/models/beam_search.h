// Beam search: the likeliest sequences that a model writes, near enough. Torch-free.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace ablate::models {

struct BeamSettings {
  int beams = 4;               // at least 1; 1 is greedy
  double length_penalty = 0;   // a finished sequence's score is its log-probability over ((5 + tokens) / 6)^length_penalty
  int max_tokens = 1;          // the end included, at least 1; the last one is the end
  int32_t begin = 0, end = 0;  // tokens
  int vocabulary = 0;
};

// What continues rows of tokens; a row is an unfinished sequence.
struct BeamModel {
  // Reads one more token of each row; fills logits [rows, vocabulary] of the next.
  std::function<absl::Status(const std::vector<int32_t>& tokens, std::vector<float>& logits)> next;
  // Row i becomes what row rows[i] was.
  std::function<void(const std::vector<int64_t>& rows)> select;
};

struct Written {
  std::vector<int32_t> tokens;  // without begin and end
  double log_probability = 0;   // of tokens and end
  double score = 0;
};

// Of each of `examples` sequences, which are the model's first rows, the finished one with the highest score. In each step the
// 2 * beams likeliest continuations of an example's unfinished sequences are looked at: of the first `beams` of them those that
// end are finished, and the first `beams` that don't end go on. An example is done when `beams` sequences are finished, or when
// no unfinished one can get a higher score any more. Among equals the continuation of the earlier sequence goes first, then the
// lower token; an example's result depends on its own logits alone.
absl::StatusOr<std::vector<Written>> BeamSearch(int64_t examples, const BeamSettings& settings, const BeamModel& model);

}  // namespace ablate::models
