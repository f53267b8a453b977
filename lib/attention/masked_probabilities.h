// Probabilities after pairs were removed, and their gradients. A row's bits depend on that row alone.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace ablate::attention {

// probabilities [G, B, H, Q, K] times the trial's scale where `keep` (bool, likewise), 0 elsewhere.
at::Tensor RemovePairs(const at::Tensor& probabilities, const at::Tensor& keep, const std::vector<double>& scales);

// Each row divided by its sum, for the trials g with active[g]; rows without mass stay zeros.
at::Tensor Renormalize(const at::Tensor& probabilities, const std::vector<bool>& active);

// `sparse` (detached), with the gradient passed on to `dense`. Bengio, Léonard, Courville 2013, arXiv:1308.3432.
at::Tensor StraightThrough(const at::Tensor& dense, const at::Tensor& sparse);

}  // namespace ablate::attention
