// Rows and columns of e^scores normalized in turn.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace ablate::normalizers {

// scores [G, ..., Q, K] f32 or f64; -inf = masked. Rows are normalized, then `rounds` [G] times columns and rows again, so that
// rows sum to 1, whatever the rounds. Rows and columns without an unmasked entry are left out. In logarithms and in double on
// the CPU: weights are off by some 2^-50 of the largest score's size. Differentiable.
at::Tensor SinkhornMatrices(const at::Tensor& scores, const std::vector<int64_t>& rounds);

// The same in torch's operators, on any device; what SinkhornMatrices does off the CPU.
at::Tensor SinkhornMatricesByTorch(const at::Tensor& scores, const std::vector<int64_t>& rounds);

}  // namespace ablate::normalizers
