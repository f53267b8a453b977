// The layers of a network with a leading trial axis: T trials side by side, nothing ever mixed between them. Differentiable.
// On a CPU a trial's values and gradients have the same bits whatever T is; elsewhere they are equal to rounding.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace ablate::models {

// Makes MKL's products independent of where in memory their operands lie, which is what makes a trial's bits independent of its
// place in the array. To be called before the process's first matrix product; later calls do nothing.
void FixProductBits();

// y [T, N, out] f32 = x [T, N, in] weight [T, in, out] + bias [T, out]. With `bf16` the operands of the products, forward and
// backward, are rounded to bfloat16.
at::Tensor Linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, bool bf16);

// Elementwise. kGelu is the exact (erf) form, kTanhGelu its approximation.
enum class Activation { kGelu, kRelu, kTanhGelu, kTanh };
at::Tensor Activate(const at::Tensor& x, Activation activation);

// Over the last axis of x [T, N, D] (+ residual [T, N, D], unless undefined), then weight [T, D] and bias [T, D].
at::Tensor LayerNorm(const at::Tensor& x, const at::Tensor& residual, const at::Tensor& weight, const at::Tensor& bias,
                     double epsilon = 1e-12);

// words [T, V, D] at tokens [T, B, L] int64 in [0, V), plus positions [T, P, D] at 0 .. L - 1; L <= P. Gives [T, B, L, D].
at::Tensor Embed(const at::Tensor& tokens, const at::Tensor& words, const at::Tensor& positions);

// Which unit of which trial a dropout mask is for: the mask is a function of these numbers alone.
struct DropoutPlace {
  std::vector<uint64_t> seeds;                 // [T]
  std::vector<double> rates;                   // [T], [0, 1); resolved to 1/65536
  uint64_t step = 0;                           // counted from 1
  std::vector<std::vector<int64_t>> examples;  // [T][B]: places in the training set, below 2^29
  int site = 0;                                // [0, 512): which of the network's dropouts
  int64_t positions = 1;                       // rows [T, B, positions, D] of x, at most 2^13 with D at most 2^14
};

// x [T, B * positions, D] with each unit zeroed with its trial's rate, or else scaled by 1 / (1 - rate).
at::Tensor Dropout(const at::Tensor& x, const DropoutPlace& place);

// d = alpha - 1 per head: sigmoid of `raw` [T, H] where `learned` [T] is true, else `fixed` [T] for all H heads; where
// `clamped`
// ([T]; empty: nowhere) and learned, raw itself held in [0, 1], with a gradient at its ends only where that leads back in.
// Gives [T, H] f32.
at::Tensor AlphaMinusOne(const at::Tensor& raw, const std::vector<bool>& learned, const std::vector<double>& fixed,
                         const std::vector<bool>& clamped = {});

// Mean over each trial's B examples of -sum q log softmax(logits [T, B, C]), q = 1 - smoothing at labels [T, B] int64 and
// smoothing / C everywhere; smoothing [T] in [0, 1), empty: 0. Gives [T] f32.
at::Tensor CrossEntropy(const at::Tensor& logits, const at::Tensor& labels, const std::vector<double>& smoothing = {});

}  // namespace ablate::models
