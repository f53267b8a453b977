// The curves from a score to its probability at a threshold t, for the alphas that have one of their own and for the rest; as
// lib/kernels/cpu/curves.h.
#pragma once

#include "lib/kernels/cuda/numbers.cuh"

namespace ablate::kernels::cuda {

// p and s = p^(1-d) of a key y below the row's largest score, at threshold t; both 0 off the support.
template <class Number>
struct Point {
  Number p, s;
};

// All that is needed to compute a row's probabilities from its scores.
template <class Number>
struct RowState {
  Number largest;     // score; -inf: the row has no keys
  Number t;           // threshold below the largest: support <=> 1 + d (y - t) > 0
  Number correction;  // (sum p - 1) / sum s at t, the last step, taken to first order in p; of softmax, 1 / sum p
};

// Each curve: At; Step, Newton's on the norm || 1 + d (y - t) || of order 1/d, from the row's sums of p and s; Slope, s from p
// and log p.
template <class Number>
struct Sparsemax {
  static constexpr bool kNeedsLog = false, kIsSoftmax = false;
  static constexpr Number d = 1;
  __device__ __forceinline__ Point<Number> At(Number y, Number t) const {
    const Number w = y - t + 1;
    return {w > 0 ? w : Number(0), w > 0 ? Number(1) : Number(0)};
  }
  __device__ __forceinline__ Number Step(Number p, Number s) const { return (p - 1) / s; }
  __device__ __forceinline__ Number Slope(Number, Number) const { return 1; }
};

template <class Number>
struct Entmax15 {
  static constexpr bool kNeedsLog = false, kIsSoftmax = false;
  static constexpr Number d = .5;
  __device__ __forceinline__ Point<Number> At(Number y, Number t) const {
    const Number w = std::fmax(Number(0), Number(.5) * (y - t) + 1);
    return {w * w, w};
  }
  __device__ __forceinline__ Number Step(Number p, Number s) const {
    const Number root = std::sqrt(p);
    return 2 * root * (p - 1) / ((root + 1) * s);
  }
  __device__ __forceinline__ Number Slope(Number p, Number) const { return std::sqrt(p); }
};

template <class Number>
struct Entmax {
  static constexpr bool kNeedsLog = true, kIsSoftmax = false;
  Number d, inverse;
  __device__ __forceinline__ Point<Number> At(Number y, Number t) const {
    const Number x = d * (y - t);
    if (!(x > -1)) return {0, 0};  // most keys of a sparse row: a warp skips the powers where none of its lanes needs them
    const Number p = std::exp(std::log1p(x) * inverse);
    return {p, p / (1 + x)};
  }
  __device__ __forceinline__ Number Step(Number p, Number s) const { return -p * std::expm1(-d * std::log(p)) * inverse / s; }
  __device__ __forceinline__ Number Slope(Number, Number log_p) const { return std::exp((1 - d) * log_p); }
};

template <class Number>
struct Softmax {
  static constexpr bool kNeedsLog = false, kIsSoftmax = true;
  static constexpr Number d = 0;
  __device__ __forceinline__ Number Slope(Number p, Number) const { return p; }
};

// Calls run(curve) for d in [0, 1]. Below 1e-12 p is softmax to rounding, and d (y - t) would be denormal.
template <class Number, class Run>
__device__ __forceinline__ void WithCurve(Number d, Run run) {
  if (d == 1) return run(Sparsemax<Number>());
  if (d == Number(.5)) return run(Entmax15<Number>());
  if (d < (sizeof(Number) == 4 ? Number(1e-12) : Number(1e-24))) return run(Softmax<Number>());
  return run(Entmax<Number>{d, 1 / d});
}

// Of a score in a row whose state is known.
template <class Number, class Curve>
__device__ __forceinline__ Number Probability(const Curve& curve, Number score, const RowState<Number>& state) {
  if constexpr (Curve::kIsSoftmax) {
    return std::exp(score - state.largest) * state.correction;
  } else {
    const Point<Number> point = curve.At(score - state.largest, state.t);
    return std::fmax(Number(0), point.p - point.s * state.correction);
  }
}

}  // namespace ablate::kernels::cuda
