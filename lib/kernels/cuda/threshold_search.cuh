// The search for a row's threshold, apart from where the row's scores are: in registers, in shared memory, read anew, or
// computed from queries and keys tile by tile. `Keys` gives them to one thread after the other:
//   keys.ForEach(visit)           calls visit(score) for this thread's part of the row, -inf = masked
//   keys.Drop(d, largest, t)      may forget keys that cannot be in the support at threshold t or above
// and all threads of `Group` (row_groups.cuh) come here together.
#pragma once

#include "lib/kernels/cuda/entmax_curves.cuh"
#include "lib/kernels/cuda/row_groups.cuh"

namespace ablate::kernels::cuda {

constexpr int kMostSteps = 32;  // 14 is the most that was ever seen

template <class Number>
struct Extent {
  Number largest;  // -inf: no keys
  bool bad;        // a NaN, or +inf
};

template <class Number, class Group, class Keys>
__device__ __forceinline__ Extent<Number> FindLargest(Group& group, Keys& keys) {
  Number x[2] = {-INFINITY, 0};
  keys.ForEach([&](Number score) {
    if (!(score < INFINITY)) x[1] = 1;
    x[0] = std::fmax(x[0], score);
  });
  group.Reduce(x, Max());
  return {x[0], x[1] > 0};
}

// Newton on the norm || 1 + d (y - t) ||_{1/d}, which is convex: from t = 0 it never overshoots and needs no bracket. The last
// step is not taken in t, whose rounding would spoil the sum, but to first order in p (Probability).
template <class Number>
struct ThresholdSearch {
  Number t = 0, correction = 0;
  int steps = 0;

  // From the row's sums of p and s at t. False: done. The smallest step is relative to max(1, t); p's error is its square.
  template <class Curve>
  __device__ __forceinline__ bool Advance(const Curve& curve, Number sum_p, Number sum_s) {
    constexpr Number kSmallest = sizeof(Number) == 4 ? 0x1p-20 : 0x1p-40;
    correction = (sum_p - 1) / sum_s;
    const Number step = curve.Step(sum_p, sum_s);
    if (steps == kMostSteps || !(step > kSmallest * std::fmax(Number(1), t)) || t + step == t) return false;
    t += step;
    ++steps;
    return true;
  }
};

template <class Number, class Group, class Keys, class Curve>
__device__ __forceinline__ RowState<Number> FindState(Group& group, Keys& keys, const Curve& curve, Number largest) {
  if constexpr (Curve::kIsSoftmax) {
    Number sum[1] = {0};
    keys.ForEach([&](Number score) { sum[0] += std::exp(score - largest); });
    group.Reduce(sum, Sum());
    return {largest, 0, 1 / sum[0]};
  } else {
    ThresholdSearch<Number> search;
    for (bool moved = true; moved;) {
      if (search.steps <= 1) keys.Drop(curve.d, largest, search.t);
      Number sums[2] = {0, 0};
      keys.ForEach([&](Number score) {
        const Point<Number> point = curve.At(score - largest, search.t);
        sums[0] += point.p;
        sums[1] += point.s;
      });
      group.Reduce(sums, Sum());
      moved = search.Advance(curve, sums[0], sums[1]);
    }
    return {largest, search.t, search.correction};
  }
}

}  // namespace ablate::kernels::cuda
