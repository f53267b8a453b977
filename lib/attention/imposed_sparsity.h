// Imposed sparsity: how many keys a query keeps. Gandhi, Gandhi 2025, arXiv:2508.06016.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "proto/trial.pb.h"

namespace ablate::attention {

// Removes scores, to -inf, from G trials with the structure TOP_K_PER_QUERY: a query with n valid keys keeps its
// clamp(ceil((1 - level) n - 1e-6), 1, n) highest, ties by the lowest key.
//   scores     [G, B, H, Q, K], contiguous, masked; changed in place, unseen by autograd: normalizers give the removed no
//   gradient key_valid  [G, B, K] bool settings   [G]
void ImposeTopKPerQuery(const std::vector<Attention>& settings, const at::Tensor& key_valid, at::Tensor& scores);

}  // namespace ablate::attention
