// What the backward pass needs of a probability p: s = p^(2 - alpha), the slope of the curve at it, and the part q of
// -dp/dalpha that is no multiple of s. Both are 0 where p is.
#pragma once

#include "lib/kernels/cpu/elementary.h"

namespace ablate::kernels::ABLATE_INSTRUCTION_SET {

struct SoftmaxSlope {
  static constexpr bool kIsSparse = false;
  ABLATE_INLINE Vector operator()(Vector p) const { return p; }
};

struct SparsemaxSlope {
  static constexpr bool kIsSparse = true;
  ABLATE_INLINE Vector operator()(Vector p) const { return Keep(Greater(p, All(0.f)), All(1.f)); }
};

struct Entmax15Slope {
  static constexpr bool kIsSparse = true;
  ABLATE_INLINE Vector operator()(Vector p) const {  // sqrt(p) by one Newton step
    const Vector rough = RoughReciprocalSqrt(Max(p, All(kTiny))), s = p * rough;
    return Fma(Fnma(s, s, p) * All(.5f), rough, s);
  }
};

ABLATE_INLINE Vector Log2OfProbability(Vector p) { return Log2(Max(p, All(kTiny))); }

class EntmaxSlope {
 public:
  ABLATE_INLINE explicit EntmaxSlope(float d) : rest_(All(1.f - d)) {}
  ABLATE_INLINE Vector operator()(Vector p) const { return Keep(Greater(p, All(0.f)), Exp2(Log2OfProbability(p) * rest_)); }

 private:
  Vector rest_;
};

// q = p u^2 phi(-d u) with u = log p and phi(x) = (e^x - 1 - x) / x^2, which is a polynomial for small x: no cancellation from
// alpha = 1 on. The paper's form of the derivative is off by 930 at alpha = 1.00001 in float.
class AlphaTerm {
 public:
  ABLATE_INLINE explicit AlphaTerm(float d) : d_(All(-d * kLn2)), inverse_square_(All(d > 1e-7f ? 1.f / (d * d) : 0.f)) {}
  ABLATE_INLINE Vector operator()(Vector p, Vector s) const {
    const Vector log2_p = Log2OfProbability(p), x = d_ * log2_p, u = log2_p * All(kLn2);
    Vector phi = Fma(All(0.00028982782f), x, All(0.00128048653f));
    phi = Fma(phi, x, All(0.00839036294f));
    phi = Fma(phi, x, All(0.0416533587f));
    phi = Fma(phi, x, All(0.166667786f));
    phi = Fma(phi, x, All(0.499999985f));
    return Select(Greater(x, All(1.f)), (s - Fma(p, x, p)) * inverse_square_, p * u * (u * phi));
  }

 private:
  Vector d_, inverse_square_;
};

}  // namespace ablate::kernels::ABLATE_INSTRUCTION_SET
