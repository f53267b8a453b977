// Short rows, all of whose keys are solved in columns. Scratch: 3 (keys + kLanes) kLanes floats.
#pragma once

#include "lib/kernels/cpu/curves.h"
#include "lib/kernels/cpu/lockstep.h"
#include "lib/kernels/cpu/row_group.h"

namespace ablate::kernels::ABLATE_INSTRUCTION_SET {

constexpr int64_t kShort = 128;  // keys

template <class Curve, class Score>
void SolveShortRows(const RowGroup<Score>& group, float* columns) {
  const Vector largest = FindLargest(group), start = All(Curve::kStart);
  Total total;
  const unsigned bad = LoadColumns(group, largest, columns, [&](const Vector* y) {
    Sums block;
    for (int j = 0; j < kLanes; ++j) Curve::Add(y[j], start, block);
    total.Add(block);
  });
  StoreValues<Curve>(group, largest, SolveColumns<Curve>(columns, group.keys, start, total.sums(), kTolerance));
  FillBadRows(group, bad);
}

// From the sums at t = 0 to |f - 1| <= kRoughUntil and one step further, with rough polynomials.
ABLATE_INLINE void SolveRoughly(const float* columns, int64_t keys, Sums sums, Entmax& curve) {
  Mask open = Everywhere();
  for (int count = 0; count < kMostSteps; ++count) {
    curve.Move(Keep(And(open, Greater(sums.f, All(0.f))), curve.Step(sums)));
    open = And(open, Greater(Excess(sums.f), All(kRoughUntil)));
    if (!Any(open)) return;
    sums = Sums();
    for (int64_t i = 0; i < keys; ++i) curve.Add<Precision::kRough>(Load(columns + i * kLanes), sums);
  }
}

// Sums of p and s = p^(2-alpha), and each of them.
template <bool kKeep>
ABLATE_INLINE Sums EvaluateColumns(const Entmax& curve, const float* columns, int64_t keys, float* values, float* slopes) {
  Total total;
  for (int64_t i = 0; i < keys;) {
    const int64_t end = i + kBlock < keys ? i + kBlock : keys;
    Sums block;
    for (; i < end; ++i) {
      Vector w;
      const Vector p = curve.Value<Precision::kExact>(Load(columns + i * kLanes), w), s = p * RoughReciprocal(w);
      block.f = block.f + p;
      block.a = block.a + s;
      if constexpr (kKeep) {
        Store(values + i * kLanes, p);
        Store(slopes + i * kLanes, s);
      }
    }
    total.Add(block);
  }
  return total.sums();
}

// The rest of the way, but for one step. A curve that is smooth at the edge of the support (d <= 1/2) needs no evaluation after
// it: p(t + step) = p - step s up to second order, with p and s in `values` and `slopes`.
template <bool kSmooth>
ABLATE_INLINE Vector SolveExactly(const float* columns, int64_t keys, Entmax& curve, float* values, float* slopes) {
  constexpr int kMostExactSteps = 6;
  Mask open = Everywhere();
  Vector step = All(0.f);
  for (int count = 0; count < kMostExactSteps && Any(open); ++count) {
    const Sums sums = EvaluateColumns<kSmooth>(curve, columns, keys, values, slopes);
    step = Keep(Greater(sums.f, All(0.f)), curve.Step(sums));
    open = And(open, Greater(Excess(sums.f), All(kTolerance)));
    curve.Move(Keep(open, step));
  }
  return step;
}

template <bool kSmooth, class Score>
void SolveShortEntmaxRows(const RowGroup<Score>& group, Vector d, float* columns) {
  float *values = columns + (group.keys + kLanes) * kLanes, *slopes = values + (group.keys + kLanes) * kLanes;
  Entmax curve(d);
  Sums sums;
  const unsigned bad = LoadColumns(group, FindLargest(group), columns, [&](const Vector* y) {
    for (int j = 0; j < kLanes; ++j) curve.Add<Precision::kRough>(y[j], sums);
  });
  SolveRoughly(columns, group.keys, sums, curve);
  const Vector step = SolveExactly<kSmooth>(columns, group.keys, curve, values, slopes);
  curve.TakeLast(step);
  StoreColumns(group, [&](int64_t i) {
    const int64_t at = i * kLanes;
    if constexpr (kSmooth) return Max(Fnma(step, Load(slopes + at), Load(values + at)), All(0.f));
    return curve.Value(Load(columns + at));
  });
  FillBadRows(group, bad);
}

}  // namespace ablate::kernels::ABLATE_INSTRUCTION_SET
