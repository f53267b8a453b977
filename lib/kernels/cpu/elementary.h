// Powers of two and logarithms to base 2 by minimax polynomials (Remez, relative error), rough and exact: Newton's steps before
// the last one need four digits, and half the terms give them.
#pragma once

#include "lib/kernels/cpu/vectors.h"

namespace ablate::kernels::ABLATE_INSTRUCTION_SET {

enum class Precision { kRough, kExact };  // 1e-4, or float's

constexpr float kLn2 = 0.693147181f, kLog2OfE = 1.44269504f;
constexpr float kTiny = 1e-37f;  // stands for 0 where a logarithm is taken; a normal number

// 2^x for x up to 127; 0 below -126, at -inf too.
template <Precision precision = Precision::kExact>
ABLATE_INLINE Vector Exp2(Vector x) {
  if constexpr (!kScaleTakesInfinity) x = Max(x, All(-150.f));
  const Vector whole = Round(x), f = x - whole;  // f in [-1/2, 1/2]
  Vector y;
  if constexpr (precision == Precision::kExact) {
    y = Fma(All(0.0013276472f), f, All(0.0096755415f));
    y = Fma(y, f, All(0.0555071328f));
    y = Fma(y, f, All(0.240221197f));
    y = Fma(y, f, All(0.693146967f));
    y = Fma(y, f, All(1.f));
  } else {
    y = Fma(All(0.0551716688f), f, All(0.242611133f));
    y = Fma(y, f, All(0.693260986f));
    y = Fma(y, f, All(0.999928073f));
  }
  return Scale(y, whole);
}

// e^x.
ABLATE_INLINE Vector Exp(Vector x) { return Exp2(x * All(kLog2OfE)); }

// log2(1 + r) / r for r in [-1/4, 1/2).
template <Precision precision>
ABLATE_INLINE Vector Log2Quotient(Vector r) {
  Vector y;
  if constexpr (precision == Precision::kExact) {
    y = Fma(All(0.0780667568f), r, All(-0.174230296f));
    y = Fma(y, r, All(0.216324911f));
    y = Fma(y, r, All(-0.242723523f));
    y = Fma(y, r, All(0.288191501f));
    y = Fma(y, r, All(-0.360575921f));
    y = Fma(y, r, All(0.480902081f));
    y = Fma(y, r, All(-0.721348478f));
    return Fma(y, r, All(1.44269503f));
  } else {
    y = Fma(All(0.199232833f), r, All(-0.372110441f));
    y = Fma(y, r, All(0.488342069f));
    y = Fma(y, r, All(-0.721319815f));
    return Fma(y, r, All(1.4426211f));
  }
}

// log2(x) for x > 0, normal. Relative to the logarithm it is exact around 1 too: the mantissa is centred there.
template <Precision precision = Precision::kExact>
ABLATE_INLINE Vector Log2(Vector x) {
  Vector exponent;
  const Vector r = Mantissa(x, exponent) - All(1.f);
  return Fma(Log2Quotient<precision>(r), r, exponent);
}

// log2(1 + x) for x in (-1, 1/2), given 1 + x as it rounds: exact where x is near 0, which alpha near 1 needs.
template <Precision precision = Precision::kExact>
ABLATE_INLINE Vector Log2OnePlus(Vector x, Vector one_plus_x) {
  Vector exponent;
  const Vector mantissa = Mantissa(one_plus_x, exponent);
  const Vector r = Select(Greater(x, All(-.25f)), x, mantissa - All(1.f));
  return Fma(Log2Quotient<precision>(r), r, exponent);
}

}  // namespace ablate::kernels::ABLATE_INSTRUCTION_SET
