// Rows times a number of their own.
#pragma once

#include <ATen/core/Tensor.h>

namespace ablate::normalizers {

// rows [..., K] f32 or f64 times factors [...], like rows. -inf = masked: stays so whatever the factor, and has no part in
// gradients. Differentiable in both; a factor's gradient is summed in double and in one order on the CPU.
at::Tensor ScaledRows(const at::Tensor& rows, const at::Tensor& factors);

// The same in torch's operators, on any device; what ScaledRows does off the CPU.
at::Tensor ScaledRowsByTorch(const at::Tensor& rows, const at::Tensor& factors);

}  // namespace ablate::normalizers
