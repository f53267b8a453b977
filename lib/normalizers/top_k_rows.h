// Top-k softmax over the last dimension as an operator of torch: on the CPU by lib/kernels/cpu
// (ablate::top_k_softmax_rows_forward, ablate::top_k_softmax_rows_backward), elsewhere by masking.
#pragma once

#include <ATen/core/Tensor.h>

namespace ablate::normalizers {

// scores [..., K] f32 or f64, on the CPU bf16 too; -inf = masked. kept: int64, broadcasts against the rows [...], each at least
// 1: softmax over that many highest keys, ties to the lowest key, exactly 0 for the others. Differentiable once.
at::Tensor TopKSoftmaxRows(const at::Tensor& scores, const at::Tensor& kept);

// The same as softmax of scores whose other keys are masked: what TopKSoftmaxRows does off the CPU.
at::Tensor TopKSoftmaxRowsByMasking(const at::Tensor& scores, const at::Tensor& kept);

}  // namespace ablate::normalizers
