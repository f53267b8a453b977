// Exponentials and logarithms of lanes: Cephes' expf and logf without branches; in double, which is for checks, the C
// library's.
#pragma once

#include "lib/kernels/cpu/lanes.h"

namespace ablate::kernels::ABLATE_INSTRUCTION_SET {

// e^x for x <= 88, 0 below -104. NaN gives NaN.
ABLATE_INLINE Floats Exp(const Floats& exponent) {
  const Floats x = Select(exponent < -104.f, All(-104.f), exponent);
  const Floats whole = (x * 1.44269504f + 0x1.8p23f) - 0x1.8p23f;  // rounds to the nearest integer
  const Floats r = (x - whole * 0.693359375f) + whole * 2.12194440e-4f;
  Floats y = r * 1.9875691500e-4f + 1.3981999507e-3f;
  y = y * r + 8.3334519073e-3f;
  y = y * r + 4.1665795894e-2f;
  y = y * r + 1.6666665459e-1f;
  y = y * r + 5.0000001201e-1f;
  y = y * (r * r) + r + 1.f;
  const Int32s k = ToInt(whole), half = ShiftRight<1>(k);  // two factors, so that a result may be denormal
  return y * FromBits(ShiftLeft<23>(half + 127)) * FromBits(ShiftLeft<23>(k - half + 127));
}

// log(1 + r) + exponent ln 2 for r in [sqrt(1/2) - 1, sqrt(2) - 1).
ABLATE_INLINE Floats LogOfParts(const Floats& r, const Floats& exponent) {
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
  return (y - square * .5f) + r + exponent * 0.693359375f;
}

constexpr int32_t kRootOfHalf = 0x3f3504f3;  // the bits of sqrt(1/2), below which the exponent is -1

// log(1 + x) for x in (-1, 0]; exact where x is near 0, which alpha near 1 needs.
ABLATE_INLINE Floats Log1p(const Floats& x) {
  const Int32s bits = BitsOf(x + 1.f), exponent = ShiftRight<23>(bits - kRootOfHalf);
  const Floats mantissa = FromBits(bits - ShiftLeft<23>(exponent));
  return LogOfParts(Select(exponent == 0, x, mantissa - 1.f), ToFloat(exponent));
}

// log(x) for x > 0, denormal ones too. NaN gives NaN.
ABLATE_INLINE Floats Log(const Floats& x) {
  const Int32s denormal = x < 0x1p-126f;
  const Int32s bits = BitsOf(Select(denormal, x * 0x1p24f, x)), exponent = ShiftRight<23>(bits - kRootOfHalf);
  const Floats mantissa = FromBits(bits - ShiftLeft<23>(exponent));
  return LogOfParts(mantissa - 1.f, ToFloat(exponent - (denormal & 24))) + (x - x);
}

template <class Function>
ABLATE_INLINE Doubles Each(const Doubles& x, Function function) {
  double lanes[kLanes];
  Store(lanes, x);
  for (double& lane : lanes) lane = function(lane);
  return Load(lanes);
}
ABLATE_INLINE Doubles Exp(const Doubles& x) {
  return Each(x, [](double v) { return ::exp(v); });
}
ABLATE_INLINE Doubles Log1p(const Doubles& x) {
  return Each(x, [](double v) { return ::log1p(v); });
}
ABLATE_INLINE Doubles Log(const Doubles& x) {
  return Each(x, [](double v) { return ::log(v); });
}

}  // namespace ablate::kernels::ABLATE_INSTRUCTION_SET
