// Batched matrix products whose bits don't depend on the number of trials.
#pragma once

#include <ATen/core/Tensor.h>

namespace ablate::models {

// [T, n, k] times [T, k, m], f32 out; with `bf16` the operands are rounded to bfloat16 first.
at::Tensor Product(const at::Tensor& a, const at::Tensor& b, bool bf16);

}  // namespace ablate::models
