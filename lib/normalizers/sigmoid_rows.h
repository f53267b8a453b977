// The logistic function of scores less the logarithm of their number.
#pragma once

#include <ATen/core/Tensor.h>

namespace ablate::normalizers {

// scores [..., K] f32 or f64; -inf = masked. 1 / (1 + n e^-z) with n the unmasked keys of the row; differentiable.
at::Tensor SigmoidRows(const at::Tensor& scores);

// The same in torch's operators, on any device; what SigmoidRows does off the CPU.
at::Tensor SigmoidRowsByTorch(const at::Tensor& scores);

}  // namespace ablate::normalizers
