// The curves from a score to its probability at a threshold t, for the alphas that have one of their own and for the rest.
// y = score - the row's largest <= 0, t >= 0; p = (1 + d (y - t))^(1/d) and s = p^(1-d), both 0 off the support.
// Slope is s from p, log p (Entmax alone reads that).
#pragma once

#include "lib/kernels/cpu/lanes.h"

namespace ablate::kernels {

template <class Real>
struct Point {
  Lanes<Real> p, s;
};

template <class Real>
struct Sparsemax {
  static constexpr Real d = 1;
  ABLATE_INLINE Point<Real> At(const Lanes<Real>& y, Real t) const {
    const Lanes<Real> w = (y - t) + Real(1), zero = {};
    return {w > Real(0) ? w : zero, w > Real(0) ? zero + Real(1) : zero};
  }
  ABLATE_INLINE Lanes<Real> Slope(const Lanes<Real>& p, const Lanes<Real>&) const { return p * Real(0) + Real(1); }
};

template <class Real>
struct Entmax15 {
  static constexpr Real d = .5;
  ABLATE_INLINE Point<Real> At(const Lanes<Real>& y, Real t) const {
    const Lanes<Real> x = (y - t) * Real(.5) + Real(1), w = x > Real(0) ? x : Lanes<Real>{};
    return {w * w, w};
  }
  ABLATE_INLINE Lanes<Real> Slope(const Lanes<Real>& p, const Lanes<Real>&) const { return Sqrt(p); }
};

template <class Real>
struct Entmax {
  Real d;
  ABLATE_INLINE Point<Real> At(const Lanes<Real>& y, Real t) const {
    const Lanes<Real> x = (y - t) * d, zero = {};
    const auto inside = x > Real(-1);
    const Lanes<Real> within = inside ? x : zero, p = Exp(Log1p(within) / d);
    return {inside ? p : zero, inside ? p / (within + Real(1)) : zero};
  }
  ABLATE_INLINE Lanes<Real> Slope(const Lanes<Real>&, const Lanes<Real>& log_p) const { return Exp(log_p * (1 - d)); }
};

template <class Real>
struct Softmax {
  static constexpr Real d = 0;
  ABLATE_INLINE Lanes<Real> Slope(const Lanes<Real>& p, const Lanes<Real>&) const { return p; }
};

}  // namespace ablate::kernels
