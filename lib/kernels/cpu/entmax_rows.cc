#include "lib/kernels/cpu/entmax_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "fmt/format.h"
#include "lib/kernels/cpu/entmax_curves.h"
#include "lib/kernels/cpu/lanes.h"

namespace ablate::kernels {
namespace {

constexpr int kLargestCount = 32;   // of Newton steps; 14 is the most that was ever seen
constexpr int64_t kFlushEvery = 8;  // lanes are added to the sums in double every 128 keys

template <class Real>
constexpr Real kSmallestStep = std::is_same_v<Real, float> ? 0x1p-20 : 0x1p-40;  // relative to max(1, t); p's error: its square

// Below it p is softmax to rounding, and d (y - t) would be denormal.
template <class Real>
constexpr Real kSmallestD = std::is_same_v<Real, float> ? 1e-12 : 1e-24;

constexpr int64_t Padded(int64_t keys) { return (keys + kLanes - 1) / kLanes * kLanes; }

// The keys that can be in a row's support, packed. Allocated once for all rows of a call.
template <class Real>
struct Candidates {
  explicit Candidates(int64_t keys) : y(Padded(keys) + kLanes), p(y.size()), s(y.size()), key(y.size()) {}

  int64_t padded() const { return Padded(count); }

  int64_t count = 0;
  std::vector<Real> y;  // score minus the row's largest; the gradient in the backward pass
  std::vector<Real> p, s;
  std::vector<int32_t> key;
};

template <class Real>
struct Largest {
  Real score;  // -inf: no keys
  bool bad;    // a NaN, or +inf
};

template <class Real>
Largest<Real> FindLargest(const Real* scores, int64_t keys) {
  constexpr Real kInfinity = std::numeric_limits<Real>::infinity();
  Real largest = -kInfinity;
  int64_t i = 0;
  Lanes<Real> most = Lanes<Real>{} - kInfinity, sum = {};
  for (; i + kLanes <= keys; i += kLanes) {
    const Lanes<Real> x = Load(scores + i);
    most = x > most ? x : most;
    sum = x != x ? x : sum;
  }
  bool bad = false;
  for (int lane = 0; lane < kLanes; ++lane) {
    bad |= sum[lane] != sum[lane];
    largest = std::max<Real>(largest, most[lane]);
  }
  for (; i < keys; ++i) {
    bad |= std::isnan(scores[i]);
    largest = std::max(largest, scores[i]);
  }
  return {largest, bad || largest == kInfinity};
}

template <class Real>
void PadWithMasked(Candidates<Real>& candidates) {
  std::fill_n(candidates.y.data() + candidates.count, kLanes, -std::numeric_limits<Real>::infinity());
}

// Never by a comparison with max - 1/d: near 1e4 that drops keys with weight. -inf fails both for d > 0 and, as NaN, for d = 0.
template <class Real>
void Gather(const Real* scores, int64_t keys, Real largest, Real d, Candidates<Real>& candidates) {
  int64_t count = 0;
  for (int64_t i = 0; i < keys; ++i) {
    const Real y = scores[i] - largest;
    candidates.y[count] = y;
    candidates.key[count] = static_cast<int32_t>(i);
    count += d * y >= -1;
  }
  candidates.count = count;
  PadWithMasked(candidates);
}

// Newton's t only grows, so keys that have left the support never return.
template <class Real>
void Narrow(Real t, Real d, Candidates<Real>& candidates) {
  int64_t count = 0;
  for (int64_t i = 0; i < candidates.count; ++i) {
    candidates.y[count] = candidates.y[i];
    candidates.key[count] = candidates.key[i];
    count += d * (candidates.y[i] - t) >= -1;
  }
  candidates.count = count;
  PadWithMasked(candidates);
}

struct Sums {
  double p = 0, s = 0;
};

// Fills p and s of the candidates.
template <class Curve, class Real>
Sums Evaluate(const Curve& curve, Real t, Candidates<Real>& candidates) {
  Sums sums;
  const int64_t padded = candidates.padded();
  for (int64_t i = 0; i < padded;) {
    const int64_t end = std::min(i + kFlushEvery * kLanes, padded);
    Lanes<Real> sum_p = {}, sum_s = {};
    for (; i < end; i += kLanes) {
      const Point<Real> point = curve.At(Load(&candidates.y[i]), t);
      Store(&candidates.p[i], point.p);
      Store(&candidates.s[i], point.s);
      sum_p += point.p;
      sum_s += point.s;
    }
    sums.p += SumOfLanes(sum_p);
    sums.s += SumOfLanes(sum_s);
  }
  return sums;
}

// Newton on the norm || 1 + d (y - t) ||_{1/d}, which is convex: it never overshoots and needs no bracket. The last step is not
// taken in t, whose rounding would spoil the sum, but to first order in p.
template <class Curve, class Real>
void Solve(const Curve& curve, Candidates<Real>& candidates) {
  Real t = 0;
  Sums sums;
  for (int count = 0;; ++count) {
    sums = Evaluate(curve, t, candidates);
    const Real step = static_cast<Real>(-sums.p * std::expm1(-curve.d * std::log(sums.p)) / (curve.d * sums.s));
    const bool moves = step > kSmallestStep<Real> * std::max<Real>(1, t) && t + step != t;
    if (!moves || count == kLargestCount) break;
    t += step;
    if (count == 0) Narrow<Real>(t, curve.d, candidates);
  }
  const Real excess = static_cast<Real>((sums.p - 1) / sums.s);
  for (int64_t i = 0; i < candidates.padded(); i += kLanes) {
    const Lanes<Real> p = Load(&candidates.p[i]) - Load(&candidates.s[i]) * excess;
    Store(&candidates.p[i], p < Real(0) ? Lanes<Real>{} : p);
  }
}

template <class Real>
void Solve(const Softmax<Real>&, Candidates<Real>& candidates) {
  double sum = 0;
  const int64_t padded = candidates.padded();
  for (int64_t i = 0; i < padded;) {
    const int64_t end = std::min(i + kFlushEvery * kLanes, padded);
    Lanes<Real> lanes = {};
    for (; i < end; i += kLanes) {
      const Lanes<Real> p = Exp(Load(&candidates.y[i]));
      Store(&candidates.p[i], p);
      lanes += p;
    }
    sum += SumOfLanes(lanes);
  }
  const Real factor = static_cast<Real>(1 / sum);
  for (int64_t i = 0; i < padded; i += kLanes) Store(&candidates.p[i], Load(&candidates.p[i]) * factor);
}

// candidates' values to their keys, zero to the others.
template <class Real>
void Scatter(const std::vector<Real>& values, const Candidates<Real>& candidates, int64_t keys, Real* row) {
  if (candidates.count == keys) {
    std::copy_n(values.data(), keys, row);
    return;
  }
  std::fill_n(row, keys, Real(0));
  for (int64_t i = 0; i < candidates.count; ++i) row[candidates.key[i]] = values[i];
}

// Calls `run` with the curve of a row.
template <class Real, class Run>
void WithCurve(Real d, Run run) {
  if (d == 1) return run(Sparsemax<Real>());
  if (d == Real(.5)) return run(Entmax15<Real>());
  if (d < kSmallestD<Real>) return run(Softmax<Real>());
  return run(Entmax<Real>{d});
}

template <class Real>
void ForwardRow(const Real* scores, Real d, int64_t keys, Real* probabilities, Candidates<Real>& candidates) {
  const Largest<Real> largest = FindLargest(scores, keys);
  if (largest.bad || std::isnan(d)) {
    std::fill_n(probabilities, keys, std::numeric_limits<Real>::quiet_NaN());
  } else if (largest.score == -std::numeric_limits<Real>::infinity()) {
    std::fill_n(probabilities, keys, Real(0));
  } else {
    Gather(scores, keys, largest.score, d, candidates);
    WithCurve(d, [&](const auto& curve) { Solve(curve, candidates); });
    Scatter(candidates.p, candidates, keys, probabilities);
  }
}

template <class Real>
void GatherSupport(const Real* probabilities, const Real* gradients, int64_t keys, Candidates<Real>& support) {
  int64_t count = 0;
  for (int64_t i = 0; i < keys; ++i) {
    support.p[count] = probabilities[i];
    support.y[count] = gradients[i];
    support.key[count] = static_cast<int32_t>(i);
    count += probabilities[i] != 0;
  }
  support.count = count;
  std::fill_n(support.p.data() + count, kLanes, Real(0));
  std::fill_n(support.y.data() + count, kLanes, Real(0));
}

// -dp/dalpha up to a multiple of s: p u^2 (e^x - 1 - x) / x^2 with u = log p, x = -d u >= 0, where the quotient is a series for
// small x: no cancellation from alpha = 1 on. The paper's form is off by 930 at alpha = 1.00001 in float32.
template <class Real>
ABLATE_INLINE Lanes<Real> AlphaTerm(const Lanes<Real>& p, const Lanes<Real>& s, const Lanes<Real>& u, Real d) {
  const Lanes<Real> x = u * -d;
  Lanes<Real> series = {};
  for (int k = 9; k >= 0; --k) {
    constexpr Real kInverse[] = {1. / 2, 1. / 3, 1. / 4, 1. / 5, 1. / 6, 1. / 7, 1. / 8, 1. / 9, 1. / 10, 1. / 11};
    series = (series * x + Real(1)) * kInverse[k];
  }
  return x < Real(1) ? p * u * u * series : (s - p + p * u * d) / (d * d);
}

// The sums that the means of g and of q over the weights s need; q takes the place of p.
struct Means {
  double s = 0, gs = 0, q = 0;
};

template <class Curve, class Real>
Means Weigh(const Curve& curve, Real d, bool in_alpha, Candidates<Real>& support) {
  constexpr bool kNeedsLog = std::is_same_v<Curve, Entmax<Real>>;
  Means sums;
  const int64_t padded = support.padded();
  for (int64_t i = 0; i < padded;) {
    const int64_t end = std::min(i + kFlushEvery * kLanes, padded);
    Lanes<Real> lanes_s = {}, lanes_gs = {}, lanes_q = {};
    for (; i < end; i += kLanes) {
      const Lanes<Real> p = Load(&support.p[i]), zero = {};
      const Lanes<Real> log_p = kNeedsLog || in_alpha ? Log(p) : zero, slope = curve.Slope(p, log_p);
      const Lanes<Real> s = p == Real(0) ? zero : slope;
      Store(&support.s[i], s);
      lanes_s += s;
      lanes_gs += s * Load(&support.y[i]);
      if (!in_alpha) continue;
      const Lanes<Real> term = AlphaTerm<Real>(p, s, log_p, d), q = p == Real(0) ? zero : term;
      Store(&support.p[i], q);
      lanes_q += q;
    }
    sums.s += SumOfLanes(lanes_s), sums.gs += SumOfLanes(lanes_gs), sums.q += SumOfLanes(lanes_q);
  }
  return sums;
}

// Turns support.s into the gradient in the scores; returns that in alpha if it is wanted, else 0.
template <class Curve, class Real>
Real Differentiate(const Curve& curve, Real d, bool in_alpha, Candidates<Real>& support) {
  const Means sums = Weigh(curve, d, in_alpha, support);
  const Real mean = static_cast<Real>(sums.s == 0 ? 0 : sums.gs / sums.s);
  const Real share = static_cast<Real>(sums.s == 0 ? 0 : sums.q / sums.s);
  double gradient = 0;
  for (int64_t i = 0; i < support.padded(); i += kLanes) {
    const Lanes<Real> s = Load(&support.s[i]), g = Load(&support.y[i]) - mean;
    Store(&support.s[i], s * g);
    if (in_alpha) gradient += SumOfLanes((s * share - Load(&support.p[i])) * g);
  }
  return static_cast<Real>(gradient);
}

template <class Real>
absl::Status CheckParameters(const Real* alpha_minus_one, int64_t rows, int64_t keys) {
  if (rows < 0 || keys < 0 || keys > std::numeric_limits<int32_t>::max()) {
    return absl::InvalidArgumentError(fmt::format("{} rows of {} keys; allowed are up to 2^31 - 1 keys", rows, keys));
  }
  for (int64_t row = 0; row < rows; ++row) {
    const Real d = alpha_minus_one[row];
    if (d < 0 || d > 1) {
      return absl::InvalidArgumentError(fmt::format("row {}: alpha is {}; allowed is [1, 2]", row, 1 + double{d}));
    }
  }
  return absl::OkStatus();
}

}  // namespace

template <class Real>
absl::Status EntmaxRowsForward(const Real* scores, const Real* alpha_minus_one, int64_t rows, int64_t keys,
                               Real* probabilities) {
  if (absl::Status status = CheckParameters(alpha_minus_one, rows, keys); !status.ok()) return status;
  Candidates<Real> candidates(keys);
  for (int64_t row = 0; row < rows; ++row) {
    ForwardRow(scores + row * keys, alpha_minus_one[row], keys, probabilities + row * keys, candidates);
  }
  return absl::OkStatus();
}

template <class Real>
absl::Status EntmaxRowsBackward(const Real* probabilities, const Real* gradients, const Real* alpha_minus_one, int64_t rows,
                                int64_t keys, Real* score_gradients, Real* alpha_gradients) {
  if (absl::Status status = CheckParameters(alpha_minus_one, rows, keys); !status.ok()) return status;
  Candidates<Real> support(keys);
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t at = row * keys;
    const Real d = alpha_minus_one[row];
    GatherSupport(probabilities + at, gradients + at, keys, support);
    WithCurve(d, [&](const auto& curve) {
      const Real in_alpha = Differentiate(curve, d, alpha_gradients != nullptr, support);
      if (alpha_gradients != nullptr) alpha_gradients[row] = in_alpha;
    });
    Scatter(support.s, support, keys, score_gradients + at);
  }
  return absl::OkStatus();
}

#define INSTANTIATE(Real)                                                                                               \
  template absl::Status EntmaxRowsForward(const Real*, const Real*, int64_t, int64_t, Real*);                          \
  template absl::Status EntmaxRowsBackward(const Real*, const Real*, const Real*, int64_t, int64_t, Real*, Real*)
INSTANTIATE(float);
INSTANTIATE(double);

}  // namespace ablate::kernels
