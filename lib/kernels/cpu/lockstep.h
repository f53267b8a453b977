// Newton's method for kLanes rows at once.
#pragma once

#include "lib/kernels/cpu/curves.h"
#include "lib/kernels/cpu/row_group.h"

namespace ablate::kernels::ABLATE_INSTRUCTION_SET {

struct Root {
  Vector edge, step;  // the step that is left
};

template <class Curve>
ABLATE_INLINE Sums AddColumns(const float* columns, int64_t keys, Vector edge) {
  Total total;
  for (int64_t i = 0; i < keys;) {
    const int64_t end = i + kBlock < keys ? i + kBlock : keys;
    Sums even, odd;
    for (; i + 1 < end; i += 2) {
      Curve::Add(Load(columns + i * kLanes), edge, even);
      Curve::Add(Load(columns + (i + 1) * kLanes), edge, odd);
    }
    if (i < end) Curve::Add(Load(columns + i++ * kLanes), edge, even);
    total.Add({even.f + odd.f, even.a + odd.a});
  }
  return total.sums();
}

// On columns of y (row_group.h), from a lower bound of the edge and the sums at it. A row stops at |f - 1| <= tolerance with
// one step left; Sparsemax goes on until its support stands still.
template <class Curve>
ABLATE_INLINE Root SolveColumns(const float* columns, int64_t keys, Vector edge, Sums sums, float tolerance) {
  Vector last_a = All(kInfinity), step = All(0.f);
  Mask open = Everywhere();
  for (int count = 0; count < kMostSteps; ++count) {
    sums.a = Max(sums.a, All(1e-20f));
    step = Keep(Greater(sums.f, All(0.f)), Curve::Step(sums));
    Mask moving = Greater(Excess(sums.f), All(tolerance));
    if constexpr (Curve::kIsPiecewiseLinear) moving = Or(moving, Greater(last_a, sums.a));
    open = And(open, moving);
    if (!Any(open)) break;
    edge = AddWhere(open, edge, step);
    last_a = sums.a;
    sums = AddColumns<Curve>(columns, keys, edge);
  }
  return {edge, step};
}

// Probabilities from the scores once more.
template <class Curve, class Score>
ABLATE_INLINE void StoreValues(const RowGroup<Score>& group, Vector largest_scores, const Root& root) {
  float largest[kLanes], edges[kLanes], steps[kLanes];
  Store(largest, largest_scores);
  Store(edges, root.edge);
  Store(steps, root.step);
  for (int row = 0; row < group.count; ++row) {
    const Score* scores = group.scores[row];
    float* probabilities = group.probabilities[row];
    const Vector top = All(largest[row]), edge = All(edges[row]), step = All(steps[row]);
    ForEachVector(group.keys, [&](int64_t i, auto extent) {
      WillRead(scores + i + group.ahead);
      StoreOf(extent, probabilities + i, Curve::Value(LoadOf(extent, scores + i, -kInfinity) - top, edge, step));
    });
  }
}

}  // namespace ablate::kernels::ABLATE_INSTRUCTION_SET
