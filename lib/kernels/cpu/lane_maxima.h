// One pass over a row: its largest score, and whether it has a NaN.
#pragma once

#include "lib/kernels/cpu/vectors.h"

namespace ablate::kernels::ABLATE_INSTRUCTION_SET {

// The largest score of every lane, over a quarter of the row's vectors each.
struct LaneMaxima {
  Vector of[4] = {All(-kInfinity), All(-kInfinity), All(-kInfinity), All(-kInfinity)};
  Mask bad = Nowhere();  // a NaN

  ABLATE_INLINE Vector all() const { return Max(Max(of[0], of[1]), Max(of[2], of[3])); }
};

template <class Score>
ABLATE_INLINE LaneMaxima FindLaneMaxima(const Score* scores, int64_t keys) {
  LaneMaxima maxima;
  int64_t i = 0;
  for (; i + 4 * kLanes <= keys; i += 4 * kLanes) {
    Vector x[4];
    for (int j = 0; j < 4; ++j) {
      x[j] = Load(scores + i + j * kLanes);
      maxima.of[j] = Max(maxima.of[j], x[j]);
    }
    maxima.bad = Or(maxima.bad, Or(Unordered(x[0], x[1]), Unordered(x[2], x[3])));
  }
  ForEachVector(keys - i, [&](int64_t j, auto extent) {
    const Vector x = LoadOf(extent, scores + i + j, -kInfinity);
    maxima.of[1] = Max(maxima.of[1], x);
    maxima.bad = Or(maxima.bad, Unordered(x, x));
  });
  return maxima;
}

}  // namespace ablate::kernels::ABLATE_INSTRUCTION_SET
