// A query's context divided by its root mean square over all heads.
#pragma once

#include <ATen/core/Tensor.h>

namespace ablate::normalizers {

// context [G, B, H, Q, D] f32 or f64. x / sqrt(mean of x^2 over H and D + 1e-8); differentiable.
at::Tensor RmsNorm(const at::Tensor& context);

// The same in torch's operators, on any device; what RmsNorm does off the CPU.
at::Tensor RmsNormByTorch(const at::Tensor& context);

}  // namespace ablate::normalizers
