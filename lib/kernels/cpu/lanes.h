// Sixteen numbers side by side, in GCC's vector notation. Every lane rounds by itself and nothing is contracted to fma, so the
// bits do not depend on the instruction set that the compiler picks.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

namespace ablate::kernels {

constexpr int kLanes = 16;

template <class Real>
struct LanesOf;

template <>
struct LanesOf<float> {
  typedef float Vector __attribute__((vector_size(kLanes * sizeof(float))));
  typedef int32_t Integers __attribute__((vector_size(kLanes * sizeof(int32_t))));
};

template <>
struct LanesOf<double> {
  typedef double Vector __attribute__((vector_size(kLanes * sizeof(double))));
  typedef int64_t Integers __attribute__((vector_size(kLanes * sizeof(int64_t))));
};

template <class Real>
using Lanes = typename LanesOf<Real>::Vector;
using Floats = Lanes<float>;
using Doubles = Lanes<double>;
using Int32s = LanesOf<float>::Integers;

#define ABLATE_INLINE inline __attribute__((always_inline))

template <class Real>
ABLATE_INLINE Lanes<Real> Load(const Real* from) {
  Lanes<Real> x;
  std::memcpy(&x, from, sizeof x);
  return x;
}

template <class Real>
ABLATE_INLINE void Store(Real* to, const Lanes<Real>& x) {
  std::memcpy(to, &x, sizeof x);
}

// In the order of the lanes, in double.
template <class Vector>
ABLATE_INLINE double SumOfLanes(const Vector& x) {
  double sum = 0;
  for (int lane = 0; lane < kLanes; ++lane) sum += x[lane];
  return sum;
}

// e^x for x <= 88; relative error 2^-23, 0 below -104. Cephes' expf without branches.
ABLATE_INLINE Floats Exp(Floats x) {
  x = x < -104.f ? Floats{} - 104.f : x;
  const Floats whole = (x * 1.44269504f + 0x1.8p23f) - 0x1.8p23f;  // rounds to the nearest integer
  const Floats r = (x - whole * 0.693359375f) + whole * 2.12194440e-4f;
  Floats y = r * 1.9875691500e-4f + 1.3981999507e-3f;
  y = y * r + 8.3334519073e-3f;
  y = y * r + 4.1665795894e-2f;
  y = y * r + 1.6666665459e-1f;
  y = y * r + 5.0000001201e-1f;
  y = y * (r * r) + r + 1.f;
  const Int32s k = __builtin_convertvector(whole, Int32s), half = k >> 1;  // two factors, so that a result may be denormal
  return y * (Floats)((half + 127) << 23) * (Floats)((k - half + 127) << 23);
}

// log(1 + r) + exponent ln 2 for r in [sqrt(1/2) - 1, sqrt(2) - 1). Cephes' logf.
ABLATE_INLINE Floats LogOfParts(Floats r, Floats exponent) {
  const Floats square = r * r;
  Floats y = r * 7.0376836292e-2f - 1.1514610310e-1f;
  y = y * r + 1.1676998740e-1f;
  y = y * r - 1.2420140846e-1f;
  y = y * r + 1.4249322787e-1f;
  y = y * r - 1.6668057665e-1f;
  y = y * r + 2.0000714765e-1f;
  y = y * r - 2.4999993993e-1f;
  y = y * r + 3.3333331174e-1f;
  y = y * r * square - exponent * 2.12194440e-4f;
  return (y - .5f * square) + r + exponent * 0.693359375f;
}

constexpr int32_t kRootOfHalf = 0x3f3504f3;  // the bits of sqrt(1/2), below which the exponent is -1

// log(1 + x) for x in (-1, 0]; exact where x is near 0, which alpha near 1 needs.
ABLATE_INLINE Floats Log1p(Floats x) {
  const Int32s bits = (Int32s)(x + 1.f), exponent = (bits - kRootOfHalf) >> 23;
  const Floats mantissa = (Floats)(bits - (exponent << 23));
  return LogOfParts(exponent == 0 ? x : mantissa - 1.f, __builtin_convertvector(exponent, Floats));
}

// log(x) for x > 0, denormal ones too. NaN gives NaN.
ABLATE_INLINE Floats Log(Floats x) {
  const Int32s denormal = x < 0x1p-126f;
  const Int32s bits = (Int32s)(denormal ? x * 0x1p24f : x), exponent = (bits - kRootOfHalf) >> 23;
  const Floats mantissa = (Floats)(bits - (exponent << 23));
  return LogOfParts(mantissa - 1.f, __builtin_convertvector(exponent - (denormal & 24), Floats)) + (x - x);
}

ABLATE_INLINE Floats Sqrt(Floats x) {
  for (int lane = 0; lane < kLanes; ++lane) x[lane] = __builtin_sqrtf(x[lane]);
  return x;
}

// In double, for checks: the C library's functions, lane by lane.
template <class Function>
ABLATE_INLINE Doubles Each(Doubles x, Function function) {
  for (int lane = 0; lane < kLanes; ++lane) x[lane] = function(x[lane]);
  return x;
}
ABLATE_INLINE Doubles Exp(const Doubles& x) { return Each(x, [](double v) { return std::exp(v); }); }
ABLATE_INLINE Doubles Log1p(const Doubles& x) { return Each(x, [](double v) { return std::log1p(v); }); }
ABLATE_INLINE Doubles Log(const Doubles& x) { return Each(x, [](double v) { return std::log(v); }); }
ABLATE_INLINE Doubles Sqrt(const Doubles& x) { return Each(x, [](double v) { return std::sqrt(v); }); }

}  // namespace ablate::kernels
