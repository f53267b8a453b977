// alpha-entmax over the last dimension as an operator of torch, differentiable in scores and in alpha. On the CPU by
// lib/kernels/cpu; on a GPU by lib/kernels/cuda, a plugin that registers itself for the same operators
// (ablate::entmax_rows_forward, ablate::entmax_rows_backward).
#pragma once

#include <ATen/core/Tensor.h>

namespace ablate::normalizers {

// scores [..., K] f32 or f64, on the CPU bf16 too; -inf = masked. alpha_minus_one [...], like scores but f32 for bf16, each in
// [0, 1]: of each row. Differentiable once in both. Rows of bf16 are widened as they are read and computed in float.
at::Tensor EntmaxOfRows(const at::Tensor& scores, const at::Tensor& alpha_minus_one);

// scores [G, B, H, Q, K]. alpha_minus_one [G, H], its gradient as RowsOfHeads says.
at::Tensor EntmaxRows(const at::Tensor& scores, const at::Tensor& alpha_minus_one);

}  // namespace ablate::normalizers
