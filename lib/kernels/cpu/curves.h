// The curves from a score to its probability at a threshold, for the alphas that have one of their own and for the rest.
//
// y <= 0 is a score minus its row's largest. Sparsemax and Entmax15 have the edge of the support as their unknown (y > edge):
// it is small where the support is wide. Add puts a vector of keys into the sums f = sum p and a = sum p^(2-alpha) up to a
// factor; Step is Newton's step towards f = 1 on the norm of order 1/d, which is convex: it never overshoots.
//
// Steps are exact to three digits, which changes the number of them rarely and the last one by less than rounding. It is not
// added to the edge, whose rounding would then be n times in the sum of n keys: Value takes both.
#pragma once

#include "lib/kernels/cpu/elementary.h"

namespace ablate::kernels::ABLATE_INSTRUCTION_SET {

struct Sums {
  Vector f = All(0.f), a = All(0.f);
};

// Sums of blocks of at most kBlock vectors: f keeps what its roundings lose, since thousands of equal terms would drift.
class Total {
 public:
  ABLATE_INLINE void Add(const Sums& block) {
    const Vector f = f_ + block.f;
    lost_ = lost_ + ((f_ - f) + block.f);
    f_ = f;
    a_ = a_ + block.a;
  }
  ABLATE_INLINE Sums sums() const { return {f_ + lost_, a_}; }

 private:
  Vector f_ = All(0.f), lost_ = All(0.f), a_ = All(0.f);
};
constexpr int64_t kBlock = 16;

struct Sparsemax {
  static constexpr bool kIsPiecewiseLinear = true;  // exact once the support stands still
  static constexpr float kStart = -1;
  ABLATE_INLINE static void Add(Vector y, Vector edge, Sums& sums) {
    const Vector w = y - edge;
    const Mask inside = Greater(w, All(0.f));
    sums.f = AddWhere(inside, sums.f, w);
    sums.a = AddWhere(inside, sums.a, All(1.f));
  }
  ABLATE_INLINE static Vector Step(const Sums& sums) { return (sums.f - All(1.f)) * RoughReciprocal(sums.a); }
  ABLATE_INLINE static Vector Value(Vector y, Vector edge, Vector step) { return Max((y - edge) - step, All(0.f)); }
};

struct Entmax15 {
  static constexpr bool kIsPiecewiseLinear = false;
  static constexpr float kStart = -2;
  ABLATE_INLINE static Vector Root(Vector y, Vector edge) { return Fma(All(.5f), y, All(-.5f) * edge); }
  ABLATE_INLINE static void Add(Vector y, Vector edge, Sums& sums) {
    const Vector w = Max(Root(y, edge), All(0.f));
    sums.f = Fma(w, w, sums.f);
    sums.a = sums.a + w;
  }
  ABLATE_INLINE static Vector Step(const Sums& sums) {  // 2 (f - sqrt f) / a without cancellation
    const Vector root = sums.f * RoughReciprocalSqrt(Max(sums.f, All(kTiny)));
    return (sums.f - All(1.f)) * (root + root) * RoughReciprocal(Fma(root, sums.a, sums.a));
  }
  ABLATE_INLINE static Vector Value(Vector y, Vector edge, Vector step) {
    const Vector w = Max(Fma(All(-.5f), step, Root(y, edge)), All(0.f));
    return w * w;
  }
};

// Any alpha: p = w^(1/d) with w = 1 + d (y - t). Keeps t, which is exact near alpha = 1, and 1 - d t, which is where the
// support is wide.
class Entmax {
 public:
  ABLATE_INLINE explicit Entmax(Vector d) : d_(d), inverse_(All(1.f) / d), t_(All(0.f)), base_(All(1.f)), last_(All(0.f)) {}

  ABLATE_INLINE Vector t() const { return t_; }
  ABLATE_INLINE Vector edge() const { return t_ - inverse_; }
  ABLATE_INLINE void MoveTo(Vector t) {
    t_ = t;
    base_ = Fnma(d_, t, All(1.f));
  }
  ABLATE_INLINE void Move(Vector step) {
    t_ = t_ + step;
    base_ = Fnma(d_, step, base_);
  }

  // A step that Value(y) takes into account.
  ABLATE_INLINE void TakeLast(Vector step) { last_ = d_ * step; }

  // p, and w where p is not 0.
  template <Precision precision>
  ABLATE_INLINE Vector Value(Vector y, Vector& w) const {
    return Power<precision>(d_ * (y - t_), Fma(d_, y, base_), w);
  }
  ABLATE_INLINE Vector Value(Vector y) const {
    Vector w;
    return Power<Precision::kExact>(d_ * (y - t_) - last_, Fma(d_, y, base_) - last_, w);
  }
  template <Precision precision>
  ABLATE_INLINE void Add(Vector y, Sums& sums) const {
    Vector w;
    const Vector p = Value<precision>(y, w);
    sums.f = sums.f + p;
    sums.a = Fma(p, RoughReciprocal(w), sums.a);
  }

  // f (1 - f^-d) / (d a) = f log f psi(d log f) / a with psi(x) = (1 - e^-x) / x.
  ABLATE_INLINE Vector Step(const Sums& sums) const {
    const Vector one = All(1.f), f = Max(sums.f, All(1e-20f));
    const Vector log_f = Log2<Precision::kRough>(f) * All(kLn2), x = d_ * log_f;
    const Vector far = (one - Exp2<Precision::kRough>(x * All(-kLog2OfE))) * RoughReciprocal(x);
    const Vector near = Fma(x, Fma(x, All(1.f / 6), All(-.5f)), one);
    return f * log_f * Select(Greater(x, All(.1f)), far, near) * RoughReciprocal(Max(sums.a, All(1e-20f)));
  }

 private:
  template <Precision precision>
  ABLATE_INLINE Vector Power(Vector x, Vector one_plus_x, Vector& w) const {
    w = Max(one_plus_x, All(kTiny));
    return Keep(Greater(one_plus_x, All(0.f)), Exp2<precision>(Log2OnePlus<precision>(x, w) * inverse_));
  }

  Vector d_, inverse_, t_, base_, last_;
};

// |f - 1|; 0 where f = 0, in a row without keys.
ABLATE_INLINE Vector Excess(Vector f) { return Keep(Greater(f, All(0.f)), Abs(f - All(1.f))); }

constexpr int kMostSteps = 24;       // of Newton; 14 is the most that was ever seen
constexpr float kRoughUntil = .05f;  // |f - 1| from which on polynomials are exact
constexpr float kTolerance = 3e-4f;  // |f - 1| before a last step, whose error is of second order
constexpr float kSmallestD = 1e-7f;  // below it entmax is softmax to rounding: p differs by d p log(p)^2 / 2

}  // namespace ablate::kernels::ABLATE_INSTRUCTION_SET
