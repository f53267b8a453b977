// Four floats in GCC's vector notation, for any machine; see vectors.h.
#pragma once

#include <stdint.h>
#include <string.h>

#include "lib/kernels/cpu/bfloat16.h"

namespace ablate::kernels::baseline {

constexpr int kLanes = 4;
typedef float Vector __attribute__((vector_size(16)));
typedef int32_t Mask __attribute__((vector_size(16)));  // -1 or 0

ABLATE_INLINE Vector All(float x) { return Vector{x, x, x, x}; }

ABLATE_INLINE Vector Load(const float* from) {
  Vector x;
  memcpy(&x, from, sizeof x);
  return x;
}
ABLATE_INLINE Vector Load(const Bfloat16* from) {
  const Mask bits = {from[0].bits << 16, from[1].bits << 16, from[2].bits << 16, from[3].bits << 16};
  return reinterpret_cast<Vector>(bits);
}
ABLATE_INLINE Vector LoadFirst(const float* from, int count, float rest) {
  Vector x = All(rest);
  for (int i = 0; i < count; ++i) x[i] = from[i];
  return x;
}
ABLATE_INLINE void Store(float* to, Vector x) { memcpy(to, &x, sizeof x); }
ABLATE_INLINE void Store(Bfloat16* to, Vector x) {
  for (int i = 0; i < kLanes; ++i) {
    uint32_t bits;
    const float lane = x[i];
    memcpy(&bits, &lane, sizeof bits);
    to[i].bits = static_cast<uint16_t>((bits + (bits >> 16 & 1) + 0x7fff) >> 16);
  }
}
ABLATE_INLINE void StoreFirst(float* to, int count, Vector x) {
  for (int i = 0; i < count; ++i) to[i] = x[i];
}

ABLATE_INLINE Vector Max(Vector a, Vector b) { return a > b ? a : b; }
ABLATE_INLINE Vector Min(Vector a, Vector b) { return a < b ? a : b; }
ABLATE_INLINE Vector Sqrt(Vector x) {
  for (int i = 0; i < kLanes; ++i) x[i] = __builtin_sqrtf(x[i]);
  return x;
}
ABLATE_INLINE Vector RoughReciprocal(Vector x) { return All(1.f) / x; }
ABLATE_INLINE Vector RoughReciprocalSqrt(Vector x) { return All(1.f) / Sqrt(x); }
ABLATE_INLINE Vector Fma(Vector a, Vector b, Vector c) { return a * b + c; }
ABLATE_INLINE Vector Fnma(Vector a, Vector b, Vector c) { return c - a * b; }
ABLATE_INLINE Vector Round(Vector x) { return (x + 0x1.8p23f) - 0x1.8p23f; }  // below 2^22
ABLATE_INLINE float Sum(Vector x) { return (x[0] + x[2]) + (x[1] + x[3]); }
ABLATE_INLINE float Largest(Vector x) {
  const float a = x[0] > x[2] ? x[0] : x[2], b = x[1] > x[3] ? x[1] : x[3];
  return a > b ? a : b;
}

ABLATE_INLINE Mask Everywhere() { return Mask{-1, -1, -1, -1}; }
ABLATE_INLINE Mask Nowhere() { return Mask{}; }
ABLATE_INLINE Mask Greater(Vector a, Vector b) { return a > b; }
ABLATE_INLINE Mask GreaterEqual(Vector a, Vector b) { return a >= b; }
ABLATE_INLINE Mask Different(Vector a, Vector b) { return a != b; }
ABLATE_INLINE Mask Unordered(Vector a, Vector b) { return (a != a) | (b != b); }
ABLATE_INLINE Mask Or(Mask a, Mask b) { return a | b; }
ABLATE_INLINE Mask And(Mask a, Mask b) { return a & b; }
ABLATE_INLINE unsigned Bits(Mask mask) {
  return static_cast<unsigned>((mask[0] & 1) | (mask[1] & 2) | (mask[2] & 4) | (mask[3] & 8));
}
ABLATE_INLINE bool Any(Mask mask) { return Bits(mask) != 0; }
ABLATE_INLINE bool Every(Mask mask) { return Bits(mask) == 0xf; }
ABLATE_INLINE int Count(Mask mask) { return -(mask[0] + mask[1] + mask[2] + mask[3]); }
ABLATE_INLINE Vector Select(Mask mask, Vector yes, Vector no) { return mask ? yes : no; }
ABLATE_INLINE Vector Keep(Mask mask, Vector x) { return reinterpret_cast<Vector>(mask & reinterpret_cast<Mask>(x)); }
ABLATE_INLINE Vector AddWhere(Mask mask, Vector a, Vector b) { return a + Keep(mask, b); }
ABLATE_INLINE Vector MaxWhere(Mask mask, Vector a, Vector b) { return Select(mask, Max(a, b), a); }
ABLATE_INLINE Vector MinWhere(Mask mask, Vector a, Vector b) { return Select(mask, Min(a, b), a); }

// Whole numbers that count, from a zero on: one more in the lanes of the mask; what they are.
ABLATE_INLINE Vector CountWhere(Mask mask, Vector counter) {
  return reinterpret_cast<Vector>(reinterpret_cast<Mask>(counter) - mask);
}
ABLATE_INLINE Vector AddCounters(Vector a, Vector b) {
  return reinterpret_cast<Vector>(reinterpret_cast<Mask>(a) + reinterpret_cast<Mask>(b));
}
ABLATE_INLINE Vector Counted(Vector counter) { return __builtin_convertvector(reinterpret_cast<Mask>(counter), Vector); }

// Packs the lanes of the mask at `to`, where all kLanes entries may be overwritten; their number.
ABLATE_INLINE int Compress(float* to, Mask mask, Vector x) {
  int count = 0;
  for (int i = 0; i < kLanes; ++i) {
    to[count] = x[i];
    count -= mask[i];
  }
  return count;
}
// The other way: consecutive entries to the lanes of the mask, 0 to the others.
ABLATE_INLINE Vector Expand(Mask mask, const float* from) {
  Vector x = All(0.f);
  for (int i = 0; i < kLanes; ++i) {
    if (mask[i]) x[i] = *from++;
  }
  return x;
}

// x 2^k for whole k up to 127; 0 below -126.
ABLATE_INLINE Vector Scale(Vector x, Vector k) {
  const Mask exponent = __builtin_convertvector(Max(k, All(-127.f)), Mask) + 127;
  return x * reinterpret_cast<Vector>(exponent << 23);
}
constexpr bool kScaleTakesInfinity = false;

// x = mantissa 2^exponent with the mantissa in [0.75, 1.5), x > 0 and not denormal.
ABLATE_INLINE Vector Mantissa(Vector x, Vector& exponent) {
  const Mask bits = reinterpret_cast<Mask>(x), whole = (bits - 0x3f400000) >> 23;
  exponent = __builtin_convertvector(whole, Vector);
  return reinterpret_cast<Vector>(bits - (whole << 23));
}

// The number half way from a to b > a in the order of floats: above a, up to b.
ABLATE_INLINE Mask Ordered(Mask bits) { return bits ^ (bits >> 31 & 0x7fffffff); }
ABLATE_INLINE Vector Between(Vector a, Vector b) {
  const Mask x = Ordered(reinterpret_cast<Mask>(a)), y = Ordered(reinterpret_cast<Mask>(b));
  return reinterpret_cast<Vector>(Ordered((x | y) - ((x ^ y) >> 1)));
}

// Rows become columns.
ABLATE_INLINE void Transpose(Vector* r) {
  const Vector a = __builtin_shuffle(r[0], r[1], Mask{0, 4, 1, 5}), b = __builtin_shuffle(r[0], r[1], Mask{2, 6, 3, 7});
  const Vector c = __builtin_shuffle(r[2], r[3], Mask{0, 4, 1, 5}), d = __builtin_shuffle(r[2], r[3], Mask{2, 6, 3, 7});
  r[0] = __builtin_shuffle(a, c, Mask{0, 1, 4, 5});
  r[1] = __builtin_shuffle(a, c, Mask{2, 3, 6, 7});
  r[2] = __builtin_shuffle(b, d, Mask{0, 1, 4, 5});
  r[3] = __builtin_shuffle(b, d, Mask{2, 3, 6, 7});
}

// What combine makes of the lanes of each of kLanes vectors, one to a lane.
template <class Combine>
ABLATE_INLINE Vector ReduceEach(const Vector* rows, Combine combine) {
  Vector columns[kLanes] = {rows[0], rows[1], rows[2], rows[3]};
  Transpose(columns);
  return combine(combine(columns[0], columns[2]), combine(columns[1], columns[3]));
}

}  // namespace ablate::kernels::baseline
