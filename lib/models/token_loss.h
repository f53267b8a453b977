// The loss of models that write sequences, for an array of trials, and how they did.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace ablate::models {

// Labels with this value are no tokens to be foretold: padding, and sources.
inline constexpr int64_t kNoLabel = -1;

// Of each trial the mean over its labelled tokens of -sum q log softmax(logits), q = 1 - smoothing at the label and
// smoothing / vocabulary everywhere (Szegedy et al. 2015, arXiv:1512.00567); 0 without labels. logits [T, N, V] f32, labels
// [T, N] int64, smoothing [T] in [0, 1). Gives [T], differentiable in logits. On a CPU a trial has the same bits in any array.
at::Tensor TokenCrossEntropy(const at::Tensor& logits, const at::Tensor& labels, const std::vector<double>& smoothing);

// The same as a composition of torch's operators, for other devices and tests.
at::Tensor TokenCrossEntropyByTorch(const at::Tensor& logits, const at::Tensor& labels, const std::vector<double>& smoothing);

// How one sequence was foretold.
struct TokenScores {
  double loss = 0;      // sum over its labelled tokens of -log softmax(logits)[label], nats
  int64_t tokens = 0;   // that are labelled
  int64_t correct = 0;  // of them those with the highest logit; among equals the lowest token counts
};

// logits [M, V] f32 and labels [M] of one sequence, contiguous on the CPU.
TokenScores ScoreTokens(const float* logits, const int64_t* labels, int64_t tokens, int64_t vocabulary);

}  // namespace ablate::models
