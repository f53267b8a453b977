// The curves from a score to its probability at a threshold t, for the alphas that have one of their own and for the rest.
// y = score - the row's largest <= 0, t >= 0; p = (1 + d (y - t))^(1/d) and s = p^(1-d), both 0 off the support. Slope is s
// from p and log p, which only Entmax reads.
#pragma once

#include "lib/kernels/cpu/elementary.h"

namespace ablate::kernels::ABLATE_INSTRUCTION_SET {

template <class Real>
struct Point {
  Lanes<Real> p, s;
};

template <class Real>
struct Sparsemax {
  static constexpr bool kNeedsLog = false;
  static constexpr Real d = 1;
  ABLATE_INLINE Point<Real> At(const Lanes<Real>& y, Real t) const {
    const Lanes<Real> w = (y - t) + Real(1);
    const Mask<Real> inside = w > Real(0);
    return {Keep(inside, w), Keep(inside, All(Real(1)))};
  }
  ABLATE_INLINE Lanes<Real> Slope(const Lanes<Real>& p, const Lanes<Real>&) const { return p * Real(0) + Real(1); }
};

template <class Real>
struct Entmax15 {
  static constexpr bool kNeedsLog = false;
  static constexpr Real d = .5;
  ABLATE_INLINE Point<Real> At(const Lanes<Real>& y, Real t) const {
    const Lanes<Real> w = Greater(All(Real(0)), (y - t) * Real(.5) + Real(1));
    return {w * w, w};
  }
  ABLATE_INLINE Lanes<Real> Slope(const Lanes<Real>& p, const Lanes<Real>&) const { return Sqrt(p); }
};

template <class Real>
struct Entmax {
  static constexpr bool kNeedsLog = true;
  Real d, inverse;
  ABLATE_INLINE Point<Real> At(const Lanes<Real>& y, Real t) const {
    const Lanes<Real> x = (y - t) * d;
    const Mask<Real> inside = x > Real(-1);
    const Lanes<Real> within = Keep(inside, x), p = Exp(Log1p(within) * inverse);
    return {Keep(inside, p), Keep(inside, p / (within + Real(1)))};
  }
  ABLATE_INLINE Lanes<Real> Slope(const Lanes<Real>&, const Lanes<Real>& log_p) const { return Exp(log_p * (1 - d)); }
};

template <class Real>
struct Softmax {
  static constexpr bool kNeedsLog = false;
  ABLATE_INLINE Lanes<Real> Slope(const Lanes<Real>& p, const Lanes<Real>&) const { return p; }
};

}  // namespace ablate::kernels::ABLATE_INSTRUCTION_SET
