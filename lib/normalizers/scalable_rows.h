// Scores times s log n, n their number. Nakanishi 2025, arXiv:2501.19399.
#pragma once

#include <ATen/core/Tensor.h>

namespace ablate::normalizers {

// scores [..., K] f32 or f64; -inf = masked, stays so. scales [...], like scores: s of each row. n counts unmasked scores.
// Differentiable in both.
at::Tensor ScalableRows(const at::Tensor& scores, const at::Tensor& scales);

}  // namespace ablate::normalizers
