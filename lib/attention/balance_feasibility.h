// Which K-regular graphs there can be at all. Torch-free.
//
// Feasible for any K: all pairs of n tokens (K circulant diagonals), a causal mask (the band 0 <= query - key < K: rows have
// min(K, i + 1), columns min(K, n - j)), padding (the valid tokens are renumbered) and packed documents (each for itself).
// Infeasible where a key must be attended by every query, and where queries and keys differ in number.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "proto/trial.pb.h"

namespace ablate::attention {

// Whether a graph inside the mask [queries, keys] (1 = may be there) has all degrees: of a row min(k, its pairs), of a column
// likewise. By flow, once for a mask.
bool IsFeasible(const std::vector<uint8_t>& mask, int64_t queries, int64_t keys, int64_t k);

// Why no sentence can be balanced as the settings ask, since imposed sparsity takes away the pairs that it would need; "" if
// nothing is known against it. What scores or chance decide to remove can't be known before: then targets clamp to what is
// left.
std::string WhyInfeasible(const Attention& trial);

}  // namespace ablate::attention
