// What adaptive-scalable entmax multiplies a query by. Vasylenko, Treviso, Martins 2025, arXiv:2506.16640.
#pragma once

#include <ATen/core/Tensor.h>

namespace ablate::normalizers {

// 1 + softplus(beta) log(n)^(2 tanh(gamma)) elementwise: beta and gamma f32 or f64, keys (n) int64 that broadcasts against
// them. n below 2 counts as 2: one key has all the weight whatever the factor, and log(1) to a negative power is infinite.
// Differentiable in beta and gamma.
at::Tensor LengthFactors(const at::Tensor& beta, const at::Tensor& gamma, const at::Tensor& keys);

// The same in torch's operators, on any device; what LengthFactors does off the CPU.
at::Tensor LengthFactorsByTorch(const at::Tensor& beta, const at::Tensor& gamma, const at::Tensor& keys);

}  // namespace ablate::normalizers
