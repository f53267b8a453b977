// One long row with an alpha of its own, whose support is often most of the row. The lane maxima give a lower bound of t, a
// sample of the candidates brings it near, and few evaluations of all candidates remain, of which only the last need exact
// polynomials.
#pragma once

#include "lib/kernels/cpu/curves.h"
#include "lib/kernels/cpu/long_rows.h"

namespace ablate::kernels::ABLATE_INSTRUCTION_SET {

// y of the keys that can be in the support, and room for p and s of each.
struct Candidates {
  float *y, *p, *s;
  int64_t count, padded;  // to two vectors, by -inf
};

ABLATE_INLINE Sums OfLanes(const Sums& sums) { return {All(Sum(sums.f)), All(Sum(sums.a))}; }
ABLATE_INLINE float First(Vector x) { return x[0]; }

template <Precision precision>
ABLATE_INLINE Sums AddAll(const Entmax& curve, const float* y, int64_t padded) {
  Total total;
  for (int64_t i = 0; i < padded;) {
    const int64_t end = i + kBlock * kLanes < padded ? i + kBlock * kLanes : padded;
    Sums even, odd;
    for (; i < end; i += 2 * kLanes) {
      curve.Add<precision>(Load(y + i), even);
      curve.Add<precision>(Load(y + i + kLanes), odd);
    }
    total.Add({even.f + odd.f, even.a + odd.a});
  }
  return OfLanes(total.sums());
}

// As AddAll, and keeps p and s.
ABLATE_INLINE Sums Evaluate(const Entmax& curve, const Candidates& candidates) {
  Total total;
  for (int64_t i = 0; i < candidates.padded;) {
    const int64_t end = i + kBlock * kLanes < candidates.padded ? i + kBlock * kLanes : candidates.padded;
    Sums block;
    for (; i < end; i += kLanes) {
      Vector w;
      const Vector p = curve.Value<Precision::kExact>(Load(candidates.y + i), w), s = p * RoughReciprocal(w);
      block.f = block.f + p;
      block.a = block.a + s;
      Store(candidates.p + i, p);
      Store(candidates.s + i, s);
    }
    total.Add(block);
  }
  return OfLanes(total.sums());
}

// To a lower bound of t.
ABLATE_INLINE void BoundThreshold(const LaneMaxima& maxima, Vector largest, Entmax& curve) {
  for (int step = 0; step < 3; ++step) {
    Sums sums;
    for (const Vector& lanes : maxima.of) curve.Add<Precision::kRough>(lanes - largest, sums);
    curve.Move(curve.Step(OfLanes(sums)));
  }
  curve.MoveTo(Max(curve.t() * All(.999f) - All(1e-4f), All(0.f)));
}

// Three steps on every eighth vector of many candidates; its root may lie on either side.
ABLATE_INLINE void SolveSample(const Candidates& candidates, Entmax& curve) {
  if (candidates.count <= 16 * kLanes) return;
  for (int step = 0; step < 3; ++step) {
    Sums sums;
    int64_t used = 0;
    for (int64_t i = 0; i + kLanes <= candidates.count; i += 8 * kLanes, used += kLanes) {
      curve.Add<Precision::kRough>(Load(candidates.y + i), sums);
    }
    const Vector share = All(static_cast<float>(candidates.count) / static_cast<float>(used));
    sums = OfLanes(sums);
    sums = {sums.f * share, sums.a * share};
    const float f = First(sums.f);
    if (!(f > 1e-3f)) return;
    curve.MoveTo(Max(curve.t() + curve.Step(sums), All(0.f)));
    if (f > .9f && f < 1.1f) return;
  }
}

ABLATE_INLINE void SolveRoughly(const Candidates& candidates, Entmax& curve) {
  for (int step = 0; step < kMostSteps; ++step) {
    const Sums sums = AddAll<Precision::kRough>(curve, candidates.y, candidates.padded);
    curve.Move(curve.Step(sums));
    if (!(First(Excess(sums.f)) > kRoughUntil)) return;
  }
}

// To the last step, whose p it fills in: where the curve is smooth at the edge of the support, to first order.
ABLATE_INLINE void SolveExactly(const Candidates& candidates, bool smooth, Entmax& curve) {
  const Vector zero = All(0.f);
  for (int count = 0; count < kMostSteps; ++count) {
    const Sums sums = smooth ? Evaluate(curve, candidates) : AddAll<Precision::kExact>(curve, candidates.y, candidates.padded);
    const Vector step = curve.Step(sums);
    if (First(Excess(sums.f)) > kTolerance) {
      curve.Move(step);
      continue;
    }
    if (smooth) {
      for (int64_t i = 0; i < candidates.padded; i += kLanes) {
        Store(candidates.p + i, Max(Fnma(step, Load(candidates.s + i), Load(candidates.p + i)), zero));
      }
      return;
    }
    curve.TakeLast(step);
    break;
  }
  for (int64_t i = 0; i < candidates.padded; i += kLanes) {
    Store(candidates.p + i, curve.Value(Load(candidates.y + i)));
  }
}

// p of the candidates to their keys, 0 to the others.
template <class Score>
ABLATE_INLINE void SpreadOut(const Candidates& candidates, const Score* scores, int64_t keys, Vector largest, Vector edge,
                             float* probabilities) {
  int64_t at = 0;
  ForEachVector(keys, [&](int64_t i, auto extent) {
    const Mask inside = Greater(LoadOf(extent, scores + i, -kInfinity) - largest, edge);
    StoreOf(extent, probabilities + i, Expand(inside, candidates.p + at));
    at += Count(inside);
  });
}

// Scratch: 3 keys + 9 kLanes floats.
template <class Score>
void SolveLongEntmaxRow(const Score* scores, int64_t keys, float d, float* probabilities, float* scratch) {
  const LaneMaxima maxima = FindLaneMaxima(scores, keys);
  const float top = Largest(maxima.all());
  if (Any(maxima.bad) || top == kInfinity) return FillRow(probabilities, keys, __builtin_nanf(""));
  if (top == -kInfinity) return FillRow(probabilities, keys, 0.f);
  const Vector largest = All(top);
  Entmax curve(All(d));
  BoundThreshold(maxima, largest, curve);
  const Vector edge = curve.edge();
  const int64_t room = keys + 3 * kLanes;
  Candidates candidates{scratch, scratch + room, scratch + 2 * room, 0, 0};
  candidates.count = PackCandidates(scores, keys, largest, edge, probabilities, candidates.y);
  candidates.padded = (candidates.count + 2 * kLanes - 1) / (2 * kLanes) * (2 * kLanes);
  for (int64_t i = candidates.count; i < candidates.padded; i += kLanes) Store(candidates.y + i, All(-kInfinity));
  SolveSample(candidates, curve);
  SolveRoughly(candidates, curve);
  SolveExactly(candidates, d <= .5f, curve);
  if (candidates.count == keys) {
    ForEachVector(keys, [&](int64_t i, auto extent) { StoreOf(extent, probabilities + i, Load(candidates.p + i)); });
  } else {
    SpreadOut(candidates, scores, keys, largest, edge, probabilities);
  }
}

}  // namespace ablate::kernels::ABLATE_INSTRUCTION_SET
