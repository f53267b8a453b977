// How many keys a query attends in K-regular attention, and queries a key: what the balance of attention aims at, and what
// statistics hold degrees against.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace ablate {

// Of a sentence of `tokens` valid tokens: max(1, min(k, round(share tokens))), at most the tokens. 0 without balance (k = 0)
// and without tokens. A mask that leaves a query or a key fewer pairs clamps its target to them.
inline int64_t TargetDegree(int64_t k, double share, int64_t tokens) {
  if (k == 0) return 0;
  const auto by_share = static_cast<int64_t>(std::floor(share * static_cast<double>(tokens) + .5));
  return std::min(tokens, std::max<int64_t>(1, std::min(k, by_share)));
}

}  // namespace ablate
