// Numbers in memory and in registers: conversions, packs of neighbours, and the order of their bits.
#pragma once

#include <cmath>
#include <cstring>

#include "lib/kernels/cuda/rows.h"

namespace ablate::kernels::cuda {

__device__ __forceinline__ float ToReal(float x) { return x; }
__device__ __forceinline__ double ToReal(double x) { return x; }
__device__ __forceinline__ float ToReal(__nv_bfloat16 x) { return __bfloat162float(x); }

template <class T>
__device__ __forceinline__ T FromReal(Real<T> x) {
  return static_cast<T>(x);
}
template <>
__device__ __forceinline__ __nv_bfloat16 FromReal<__nv_bfloat16>(float x) {
  return __float2bfloat16_rn(x);
}

// Rounded, never part of a fused multiply-add: a score scaled here has the bits of one that was scaled before.
__device__ __forceinline__ float Product(float a, float b) { return __fmul_rn(a, b); }
__device__ __forceinline__ double Product(double a, double b) { return __dmul_rn(a, b); }

// Neighbours that are read and written by one access, where a row begins at a multiple of their size.
template <class T, int kCount>
struct alignas(sizeof(T) * kCount) Pack {
  T at[kCount];
};

template <class T>
bool StartsPack(const T* rows, int keys) {
  return keys % 4 == 0 && reinterpret_cast<uintptr_t>(rows) % sizeof(Pack<T, 4>) == 0;
}

// Keys from `first` on of a row; `filler` past its end.
template <int kCount, class T>
__device__ __forceinline__ void LoadKeys(const T* row, int first, int keys, bool packed, Real<T> filler, Real<T> (&x)[kCount]) {
  if (packed) {
    if (first < keys) {
      const Pack<T, kCount> pack = *reinterpret_cast<const Pack<T, kCount>*>(row + first);
#pragma unroll
      for (int c = 0; c < kCount; ++c) x[c] = ToReal(pack.at[c]);
      return;
    }
  }
#pragma unroll
  for (int c = 0; c < kCount; ++c) x[c] = first + c < keys ? ToReal(row[first + c]) : filler;
}

template <int kCount, class T>
__device__ __forceinline__ void StoreKeys(const Real<T> (&x)[kCount], int first, int keys, bool packed, T* row) {
  if (packed) {
    Pack<T, kCount> pack;
#pragma unroll
    for (int c = 0; c < kCount; ++c) pack.at[c] = FromReal<T>(x[c]);
    if (first < keys) *reinterpret_cast<Pack<T, kCount>*>(row + first) = pack;
    return;
  }
#pragma unroll
  for (int c = 0; c < kCount; ++c) {
    if (first + c < keys) row[first + c] = FromReal<T>(x[c]);
  }
}

template <class Number>
struct BitsOf {
  using Type = uint32_t;
};
template <>
struct BitsOf<double> {
  using Type = uint64_t;
};
template <class Number>
using Bits = typename BitsOf<Number>::Type;

// An integer of the same order. -0 equals 0, NaN is the greatest, and none is 0.
template <class Number>
__device__ __forceinline__ Bits<Number> OrderOf(Number x) {
  const Number whole = x + Number(0);
  Bits<Number> bits;
  memcpy(&bits, &whole, sizeof bits);
  constexpr Bits<Number> kSign = Bits<Number>{1} << (8 * sizeof(Number) - 1);
  return x != x ? ~Bits<Number>{0} : (bits & kSign) != 0 ? ~bits : bits | kSign;
}

}  // namespace ablate::kernels::cuda
