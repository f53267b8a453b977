// The two keys of each row that decide its degree: the last one that should be in the support, and the first that should not.
#pragma once

#include <ATen/core/Tensor.h>

namespace ablate::normalizers {

struct RankedPair {
  at::Tensor target;    // [G, B, H, R] int64: min(k, unmasked entries of the row)
  at::Tensor unmasked;  // [G, B, H, R] int64
  at::Tensor index;     // [G, B, H, R, 2] int64: entries of rank target and target + 1; 0 where there is none
};

// values [G, B, H, R, N] f32 or f64, any strides; -inf = masked. k [G] int64, at least 1. Ties rank by index, lowest first.
RankedPair FindRankedPair(const at::Tensor& values, const at::Tensor& k);

// The same by sorting, on any device; what FindRankedPair does off the CPU.
RankedPair FindRankedPairBySorting(const at::Tensor& values, const at::Tensor& k);

}  // namespace ablate::normalizers
