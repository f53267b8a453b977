// Removal of all but the highest scores of each query: top-k softmax and imposed sparsity.
#pragma once

#include <ATen/core/Tensor.h>

namespace ablate::normalizers {

// scores [..., K] f32 or f64, contiguous, changed in place and unseen by autograd: all but the `kept` highest of a row become
// -inf; ties keep the lowest key. kept: int64, broadcasts against the rows [...]; at least the unmasked keys changes nothing.
void KeepHighest(const at::Tensor& kept, at::Tensor& scores);

// The same by sorting, on any device; what KeepHighest does off the CPU.
void KeepHighestBySorting(const at::Tensor& kept, at::Tensor& scores);

}  // namespace ablate::normalizers
