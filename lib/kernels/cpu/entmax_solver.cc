#include "lib/kernels/cpu/entmax_solver.h"

#include "lib/kernels/cpu/entmax_curves.h"

namespace ablate::kernels::ABLATE_INSTRUCTION_SET {
namespace {

constexpr int kLargestCount = 32;         // of Newton steps; 14 is the most that was ever seen
constexpr int64_t kFlushed = 8 * kLanes;  // lanes are added to the sums in double every 128 keys
constexpr double kInfinity = __builtin_inf();
constexpr double kNaN = __builtin_nan("");

template <class Real>
constexpr Real kSmallestStep = sizeof(Real) == 4 ? 0x1p-20 : 0x1p-40;  // relative to max(1, t); p's error: its square

// Below it p is softmax to rounding, and d (y - t) would be denormal.
template <class Real>
constexpr Real kSmallestD = sizeof(Real) == 4 ? 1e-12 : 1e-24;

constexpr int64_t Padded(int64_t keys) { return (keys + kLanes - 1) / kLanes * kLanes; }
constexpr int64_t Smaller(int64_t a, int64_t b) { return a < b ? a : b; }

template <class Real>
ABLATE_INLINE void Fill(Real* to, int64_t count, Real value) {
  for (int64_t i = 0; i < count; ++i) to[i] = value;
}

// run(i) for the first of each 16 entries; flush() after every 128 and at the end.
template <class Run, class Flush>
ABLATE_INLINE void ForEachLanes(int64_t count, Run run, Flush flush) {
  const int64_t padded = Padded(count);
  for (int64_t i = 0; i < padded;) {
    for (const int64_t end = Smaller(i + kFlushed, padded); i < end; i += kLanes) run(i);
    flush();
  }
}

template <class Real>
struct Largest {
  Real score;  // -inf: no keys
  bool bad;    // a NaN, or +inf
};

template <class Real>
ABLATE_INLINE Largest<Real> FindLargest(const Real* scores, int64_t keys) {
  Lanes<Real> most = All(Real(-kInfinity)), nan = All(Real(0));  // 0, or NaN once there was one
  Real tail[kLanes];
  const int64_t whole = keys / kLanes * kLanes;
  for (int lane = 0; lane < kLanes; ++lane) tail[lane] = whole + lane < keys ? scores[whole + lane] : Real(-kInfinity);
  for (int64_t i = 0; i <= whole; i += kLanes) {
    const Lanes<Real> x = i < whole ? Load(scores + i) : Load(tail);
    most = Greater(most, x);
    nan = nan + Select(Same(x, x), All(Real(0)), x);
  }
  Real largest = -kInfinity;
  bool bad = false;
  for (int lane = 0; lane < kLanes; ++lane) {
    largest = most[lane] > largest ? most[lane] : largest;
    bad |= nan[lane] != nan[lane];
  }
  return {largest, bad || largest == Real(kInfinity)};
}

// Drops entries that cannot be in the support at threshold t, now or later, since t only grows: not by a comparison with
// max - 1/d, which near 1e4 drops keys with weight. A masked key fails for d > 0, and as 0 * -inf = NaN for d = 0.
template <class Real>
ABLATE_INLINE void Compact(const Real* y, const int32_t* key, int64_t count, Real largest, Real t, Real d,
                           Candidates<Real>& candidates) {
  int64_t kept = 0;
  for (int64_t i = 0; i < count; ++i) {
    const Real below = y[i] - largest;
    candidates.y[kept] = below;
    candidates.key[kept] = key == nullptr ? static_cast<int32_t>(i) : key[i];
    kept += d * (below - t) >= -1;
  }
  candidates.count = kept;
  Fill(candidates.y + kept, kLanes, Real(-kInfinity));
}

struct Sums {
  double p = 0, s = 0;
};

// Fills p and s of the candidates.
template <class Curve, class Real>
ABLATE_INLINE Sums Evaluate(const Curve& curve, Real t, const Candidates<Real>& candidates) {
  Sums sums;
  Lanes<Real> sum_p = All(Real(0)), sum_s = sum_p;
  ForEachLanes(
      candidates.count,
      [&](int64_t i) {
        const Point<Real> point = curve.At(Load(candidates.y + i), t);
        Store(candidates.p + i, point.p);
        Store(candidates.s + i, point.s);
        sum_p = sum_p + point.p;
        sum_s = sum_s + point.s;
      },
      [&] {
        sums.p += SumOfLanes(sum_p), sums.s += SumOfLanes(sum_s);
        sum_p = sum_s = All(Real(0));
      });
  return sums;
}

// Newton on the norm || 1 + d (y - t) ||_{1/d}, which is convex: it never overshoots and needs no bracket. The last step is not
// taken in t, whose rounding would spoil the sum, but to first order in p.
template <class Curve, class Real>
ABLATE_INLINE void Solve(const Curve& curve, Candidates<Real>& candidates) {
  Real t = 0;
  Sums sums;
  for (int count = 0;; ++count) {
    sums = Evaluate(curve, t, candidates);
    const double d = curve.d;
    const Real step = static_cast<Real>(-sums.p * ::expm1(-d * ::log(sums.p)) / (d * sums.s));
    const bool moves = step > kSmallestStep<Real> * (t > 1 ? t : Real(1)) && t + step != t;
    if (!moves || count == kLargestCount) break;
    t += step;
    if (count == 0) Compact<Real>(candidates.y, candidates.key, candidates.count, 0, t, curve.d, candidates);
  }
  const Real excess = static_cast<Real>((sums.p - 1) / sums.s);
  for (int64_t i = 0; i < candidates.count; i += kLanes) {
    const Lanes<Real> p = Load(candidates.p + i) - Load(candidates.s + i) * excess;
    Store(candidates.p + i, Select(p < Real(0), All(Real(0)), p));
  }
}

template <class Real>
ABLATE_INLINE void Solve(const Softmax<Real>&, Candidates<Real>& candidates) {
  double sum = 0;
  Lanes<Real> lanes = All(Real(0));
  ForEachLanes(
      candidates.count,
      [&](int64_t i) {
        const Lanes<Real> p = Exp(Load(candidates.y + i));
        Store(candidates.p + i, p);
        lanes = lanes + p;
      },
      [&] {
        sum += SumOfLanes(lanes);
        lanes = All(Real(0));
      });
  const Real factor = static_cast<Real>(1 / sum);
  for (int64_t i = 0; i < candidates.count; i += kLanes) Store(candidates.p + i, Load(candidates.p + i) * factor);
}

// The candidates' values to their keys, zero to the others.
template <class Real>
ABLATE_INLINE void Scatter(const Real* values, const Candidates<Real>& candidates, int64_t keys, Real* row) {
  if (candidates.count == keys) {
    memcpy(row, values, sizeof(Real) * keys);
    return;
  }
  Fill(row, keys, Real(0));
  for (int64_t i = 0; i < candidates.count; ++i) row[candidates.key[i]] = values[i];
}

// Calls `run` with the curve of a row.
template <class Real, class Run>
ABLATE_INLINE void WithCurve(Real d, Run run) {
  if (d == 1) return run(Sparsemax<Real>());
  if (d == Real(.5)) return run(Entmax15<Real>());
  if (d < kSmallestD<Real>) return run(Softmax<Real>());
  return run(Entmax<Real>{d, 1 / d});
}

template <class Real>
ABLATE_INLINE void Forward(const Real* scores, Real d, int64_t keys, Real* probabilities, Candidates<Real>& candidates) {
  const Largest<Real> largest = FindLargest(scores, keys);
  if (largest.bad || d != d) return Fill(probabilities, keys, Real(kNaN));
  if (largest.score == Real(-kInfinity)) return Fill(probabilities, keys, Real(0));
  Compact<Real>(scores, nullptr, keys, largest.score, 0, d, candidates);
  WithCurve(d, [&](const auto& curve) { Solve(curve, candidates); });
  Scatter(candidates.p, candidates, keys, probabilities);
}

template <class Real>
ABLATE_INLINE void GatherSupport(const Real* probabilities, const Real* gradients, int64_t keys, Candidates<Real>& support) {
  int64_t count = 0;
  for (int64_t i = 0; i < keys; ++i) {
    support.p[count] = probabilities[i];
    support.y[count] = gradients[i];
    support.key[count] = static_cast<int32_t>(i);
    count += probabilities[i] != 0;
  }
  support.count = count;
  Fill(support.p + count, kLanes, Real(0));
  Fill(support.y + count, kLanes, Real(0));
}

// -dp/dalpha up to a multiple of s: p u^2 (e^x - 1 - x) / x^2 with u = log p, x = -d u >= 0, where the quotient is a series for
// small x: no cancellation from alpha = 1 on. The paper's form is off by 930 at alpha = 1.00001 in float32.
template <class Real>
ABLATE_INLINE Lanes<Real> AlphaTerm(const Lanes<Real>& p, const Lanes<Real>& s, const Lanes<Real>& u, Real d) {
  constexpr Real kInverse[] = {1. / 2, 1. / 3, 1. / 4, 1. / 5, 1. / 6, 1. / 7, 1. / 8, 1. / 9, 1. / 10, 1. / 11};
  const Lanes<Real> x = u * -d;
  Lanes<Real> series = All(kInverse[9]);
  for (int k = 8; k >= 0; --k) series = (series * x + Real(1)) * kInverse[k];
  return Select(x < Real(1), p * u * u * series, (s - p + p * u * d) / (d * d));
}

// The sums that the means of g and of q over the weights s need; q takes the place of p.
struct Means {
  double s = 0, gs = 0, q = 0;
};

template <class Curve, class Real>
ABLATE_INLINE Means Weigh(const Curve& curve, Real d, bool in_alpha, const Candidates<Real>& support) {
  const Lanes<Real> zero = All(Real(0));
  Means sums;
  Lanes<Real> lanes_s = zero, lanes_gs = zero, lanes_q = zero;
  ForEachLanes(
      support.count,
      [&](int64_t i) {
        const Lanes<Real> p = Load(support.p + i), log_p = Curve::kNeedsLog || in_alpha ? Log(p) : zero;
        const Mask<Real> padding = p == Real(0);
        const Lanes<Real> s = Select(padding, zero, curve.Slope(p, log_p));
        Store(support.s + i, s);
        lanes_s = lanes_s + s;
        lanes_gs = lanes_gs + s * Load(support.y + i);
        if (!in_alpha) return;
        const Lanes<Real> q = Select(padding, zero, AlphaTerm<Real>(p, s, log_p, d));
        Store(support.p + i, q);
        lanes_q = lanes_q + q;
      },
      [&] {
        sums.s += SumOfLanes(lanes_s), sums.gs += SumOfLanes(lanes_gs), sums.q += SumOfLanes(lanes_q);
        lanes_s = lanes_gs = lanes_q = zero;
      });
  return sums;
}

// Turns support.s into the gradient in the scores; returns that in alpha if it is wanted, else 0.
template <class Curve, class Real>
ABLATE_INLINE Real Differentiate(const Curve& curve, Real d, bool in_alpha, const Candidates<Real>& support) {
  const Means sums = Weigh(curve, d, in_alpha, support);
  const Real mean = static_cast<Real>(sums.s == 0 ? 0 : sums.gs / sums.s);
  const Real share = static_cast<Real>(sums.s == 0 ? 0 : sums.q / sums.s);
  double gradient = 0;
  for (int64_t i = 0; i < support.count; i += kLanes) {
    const Lanes<Real> s = Load(support.s + i), g = Load(support.y + i) - mean;
    Store(support.s + i, s * g);
    if (in_alpha) gradient += SumOfLanes((s * share - Load(support.p + i)) * g);
  }
  return static_cast<Real>(gradient);
}

template <class Real>
ABLATE_INLINE void Backward(const Real* probabilities, const Real* gradients, Real d, int64_t keys, Real* score_gradients,
                            Real* alpha_gradient, Candidates<Real>& support) {
  GatherSupport(probabilities, gradients, keys, support);
  WithCurve(d, [&](const auto& curve) {
    const Real in_alpha = Differentiate(curve, d, alpha_gradient != nullptr, support);
    if (alpha_gradient != nullptr) *alpha_gradient = in_alpha;
  });
  Scatter(support.s, support, keys, score_gradients);
}

}  // namespace

#define ABLATE_DEFINE_SOLVER(Real)                                                                                \
  void ForwardRow(const Real* scores, Real d, int64_t keys, Real* probabilities, Candidates<Real> candidates) {   \
    Forward(scores, d, keys, probabilities, candidates);                                                          \
  }                                                                                                               \
  void BackwardRow(const Real* probabilities, const Real* gradients, Real d, int64_t keys, Real* score_gradients, \
                   Real* alpha_gradient, Candidates<Real> support) {                                              \
    Backward(probabilities, gradients, d, keys, score_gradients, alpha_gradient, support);                        \
  }
ABLATE_DEFINE_SOLVER(float)
ABLATE_DEFINE_SOLVER(double)
#undef ABLATE_DEFINE_SOLVER

}  // namespace ablate::kernels::ABLATE_INSTRUCTION_SET
