// Which keys of a row are its highest: for top-k softmax and imposed sparsity. The order of lib/kernels/cpu/ranked_keys.h:
// equal scores rank by key, lowest first.
#pragma once

#include "lib/kernels/cuda/row_groups.cuh"

namespace ablate::kernels::cuda {

// The lowest key that is kept. At first: all are.
template <class Number>
struct HighestKeys {
  Bits<Number> lowest = 0;  // OrderOf its score
  int last = -1;            // of the keys with that score, those up to this one are kept

  __device__ __forceinline__ bool Has(Number score, int key) const {
    if (lowest == 0) return true;
    const Bits<Number> order = OrderOf(score);
    return order > lowest || (order == lowest && key <= last);
  }
};

// keys.ForEachKey(visit) calls visit(score, key) for this thread's part of the row; scores of -inf are masked and have no rank.
// By bisection of the order, then of the keys that tie: passes of counting, no sorting.
template <class Number, class Group, class Keys>
__device__ HighestKeys<Number> FindHighest(Group& group, Keys& keys, int64_t kept) {
  const auto count = [&](auto matches) {
    int found = 0;
    keys.ForEachKey([&](Number score, int key) { found += matches(OrderOf(score), key); });
    return group.Total(found);
  };
  const Bits<Number> masked = OrderOf(Number(-INFINITY));
  if (kept >= count([&](Bits<Number> order, int) { return order > masked; })) return {};
  if (kept <= 0) return {~Bits<Number>{0}, -1};

  HighestKeys<Number> highest{0, kMaxKeys};
  for (Bits<Number> bit = Bits<Number>{1} << (8 * sizeof(Number) - 1); bit != 0; bit >>= 1) {
    const Bits<Number> bound = highest.lowest | bit;
    const int found = count([&](Bits<Number> order, int) { return order >= bound; });
    if (found >= kept) highest.lowest = bound;
    if (found == kept) return highest;
  }
  const int above = count([&](Bits<Number> order, int) { return order > highest.lowest; });
  highest.last = 0;
  for (int bit = kMaxKeys; bit != 0; bit >>= 1) {
    const int bound = highest.last | bit;
    const int found = count([&](Bits<Number> order, int key) { return order == highest.lowest && key < bound; });
    if (above + found < kept) highest.last = bound;
  }
  return highest;
}

}  // namespace ablate::kernels::cuda
