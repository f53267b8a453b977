// Eight floats, with fused multiply-add; see vectors.h.
#pragma once

#include <immintrin.h>
#include <stdint.h>

#include "lib/kernels/cpu/bfloat16.h"

namespace ablate::kernels::avx2 {

constexpr int kLanes = 8;
using Vector = __m256;
struct Mask {
  __m256 lanes;  // all bits of a lane set, or none
};

ABLATE_INLINE Vector All(float x) { return _mm256_set1_ps(x); }
ABLATE_INLINE __m256i FirstLanes(int count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

ABLATE_INLINE Vector Load(const float* from) { return _mm256_loadu_ps(from); }
ABLATE_INLINE Vector Load(const Bfloat16* from) {
  const __m128i narrow = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(narrow), 16));
}
ABLATE_INLINE Vector LoadFirst(const float* from, int count, float rest) {
  const __m256i first = FirstLanes(count);
  return _mm256_blendv_ps(All(rest), _mm256_maskload_ps(from, first), _mm256_castsi256_ps(first));
}
ABLATE_INLINE void Store(float* to, Vector x) { _mm256_storeu_ps(to, x); }
ABLATE_INLINE void Store(Bfloat16* to, Vector x) {
  const __m256i bits = _mm256_castps_si256(x), odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
  const __m256i rounded = _mm256_srli_epi32(_mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff))), 16);
  const __m128i narrow = _mm_packus_epi32(_mm256_castsi256_si128(rounded), _mm256_extracti128_si256(rounded, 1));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), narrow);
}
ABLATE_INLINE void StoreFirst(float* to, int count, Vector x) { _mm256_maskstore_ps(to, FirstLanes(count), x); }

ABLATE_INLINE Vector Max(Vector a, Vector b) { return _mm256_max_ps(a, b); }
ABLATE_INLINE Vector Min(Vector a, Vector b) { return _mm256_min_ps(a, b); }
ABLATE_INLINE Vector Sqrt(Vector x) { return _mm256_sqrt_ps(x); }
ABLATE_INLINE Vector RoughReciprocal(Vector x) { return _mm256_rcp_ps(x); }
ABLATE_INLINE Vector RoughReciprocalSqrt(Vector x) { return _mm256_rsqrt_ps(x); }
ABLATE_INLINE Vector Fma(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }    // a b + c
ABLATE_INLINE Vector Fnma(Vector a, Vector b, Vector c) { return _mm256_fnmadd_ps(a, b, c); }  // c - a b
ABLATE_INLINE Vector Round(Vector x) { return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
ABLATE_INLINE float Sum(Vector x) {
  const __m128 four = _mm256_castps256_ps128(x) + _mm256_extractf128_ps(x, 1), two = four + _mm_movehl_ps(four, four);
  return two[0] + two[1];
}
ABLATE_INLINE float Largest(Vector x) {
  const __m128 four = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return two[0] > two[1] ? two[0] : two[1];
}

ABLATE_INLINE Mask Everywhere() { return {_mm256_castsi256_ps(_mm256_set1_epi32(-1))}; }
ABLATE_INLINE Mask Nowhere() { return {_mm256_setzero_ps()}; }
ABLATE_INLINE Mask Greater(Vector a, Vector b) { return {_mm256_cmp_ps(a, b, _CMP_GT_OQ)}; }
ABLATE_INLINE Mask GreaterEqual(Vector a, Vector b) { return {_mm256_cmp_ps(a, b, _CMP_GE_OQ)}; }
ABLATE_INLINE Mask Different(Vector a, Vector b) { return {_mm256_cmp_ps(a, b, _CMP_NEQ_UQ)}; }
ABLATE_INLINE Mask Unordered(Vector a, Vector b) { return {_mm256_cmp_ps(a, b, _CMP_UNORD_Q)}; }
ABLATE_INLINE Mask Or(Mask a, Mask b) { return {_mm256_or_ps(a.lanes, b.lanes)}; }
ABLATE_INLINE Mask And(Mask a, Mask b) { return {_mm256_and_ps(a.lanes, b.lanes)}; }
ABLATE_INLINE unsigned Bits(Mask mask) { return static_cast<unsigned>(_mm256_movemask_ps(mask.lanes)); }
ABLATE_INLINE bool Any(Mask mask) { return Bits(mask) != 0; }
ABLATE_INLINE bool Every(Mask mask) { return Bits(mask) == 0xff; }
ABLATE_INLINE int Count(Mask mask) { return __builtin_popcount(Bits(mask)); }
ABLATE_INLINE Vector Select(Mask mask, Vector yes, Vector no) { return _mm256_blendv_ps(no, yes, mask.lanes); }
ABLATE_INLINE Vector Keep(Mask mask, Vector x) { return _mm256_and_ps(mask.lanes, x); }
ABLATE_INLINE Vector AddWhere(Mask mask, Vector a, Vector b) { return a + Keep(mask, b); }
ABLATE_INLINE Vector MaxWhere(Mask mask, Vector a, Vector b) { return Select(mask, Max(a, b), a); }
ABLATE_INLINE Vector MinWhere(Mask mask, Vector a, Vector b) { return Select(mask, Min(a, b), a); }

// Whole numbers that count, from a zero on: one more in the lanes of the mask; what they are.
ABLATE_INLINE Vector CountWhere(Mask mask, Vector counter) {
  return _mm256_castsi256_ps(_mm256_sub_epi32(_mm256_castps_si256(counter), _mm256_castps_si256(mask.lanes)));
}
ABLATE_INLINE Vector AddCounters(Vector a, Vector b) {
  return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(a), _mm256_castps_si256(b)));
}
ABLATE_INLINE Vector Counted(Vector counter) { return _mm256_cvtepi32_ps(_mm256_castps_si256(counter)); }

// For each mask of 8 lanes, one to a byte: the indices of its lanes, and of each lane how many are below it.
struct LaneTables {
  uint64_t indices[256], ranks[256];
  constexpr LaneTables() : indices(), ranks() {
    for (int mask = 0; mask < 256; ++mask) {
      int count = 0;
      for (int lane = 0; lane < 8; ++lane) {
        ranks[mask] |= static_cast<uint64_t>(count % 8) << 8 * lane;
        if (mask >> lane & 1) indices[mask] |= static_cast<uint64_t>(lane) << 8 * count++;
      }
    }
  }
};
constexpr LaneTables kLaneTables;

ABLATE_INLINE Vector Permute(Vector x, uint64_t lanes) {
  return _mm256_permutevar8x32_ps(x, _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(static_cast<int64_t>(lanes))));
}

// Packs the lanes of the mask at `to`, where all kLanes entries may be overwritten; their number.
ABLATE_INLINE int Compress(float* to, Mask mask, Vector x) {
  const unsigned bits = Bits(mask);
  Store(to, Permute(x, kLaneTables.indices[bits]));
  return __builtin_popcount(bits);
}
// The other way: consecutive entries to the lanes of the mask, 0 to the others.
ABLATE_INLINE Vector Expand(Mask mask, const float* from) {
  return Keep(mask, Permute(Load(from), kLaneTables.ranks[Bits(mask)]));
}

// x 2^k for whole k up to 127; 0 below -126.
ABLATE_INLINE Vector Scale(Vector x, Vector k) {
  const __m256i exponent = _mm256_add_epi32(_mm256_cvtps_epi32(Max(k, All(-127.f))), _mm256_set1_epi32(127));
  return x * _mm256_castsi256_ps(_mm256_slli_epi32(exponent, 23));
}
constexpr bool kScaleTakesInfinity = false;

// x = mantissa 2^exponent with the mantissa in [0.75, 1.5), x > 0 and not denormal.
ABLATE_INLINE Vector Mantissa(Vector x, Vector& exponent) {
  const __m256i bits = _mm256_castps_si256(x);
  const __m256i whole = _mm256_srai_epi32(_mm256_sub_epi32(bits, _mm256_set1_epi32(0x3f400000)), 23);
  exponent = _mm256_cvtepi32_ps(whole);
  return _mm256_castsi256_ps(_mm256_sub_epi32(bits, _mm256_slli_epi32(whole, 23)));
}

// The number half way from a to b > a in the order of floats: above a, up to b.
ABLATE_INLINE __m256i Ordered(__m256i bits) {
  return _mm256_xor_si256(bits, _mm256_srli_epi32(_mm256_srai_epi32(bits, 31), 1));
}
ABLATE_INLINE Vector Between(Vector a, Vector b) {
  const __m256i x = Ordered(_mm256_castps_si256(a)), y = Ordered(_mm256_castps_si256(b));
  const __m256i half = _mm256_srai_epi32(_mm256_xor_si256(x, y), 1);
  return _mm256_castsi256_ps(Ordered(_mm256_sub_epi32(_mm256_or_si256(x, y), half)));
}

// Rows become columns.
ABLATE_INLINE void Transpose(Vector* r) {
  Vector a[8], b[8];
  for (int i = 0; i < 8; i += 2) {
    a[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
    a[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
  }
  for (int i = 0; i < 8; i += 4) {
    for (int j = 0; j < 2; ++j) {
      b[i + 2 * j] = _mm256_shuffle_ps(a[i + j], a[i + j + 2], 0x44);
      b[i + 2 * j + 1] = _mm256_shuffle_ps(a[i + j], a[i + j + 2], 0xee);
    }
  }
  for (int j = 0; j < 4; ++j) {
    r[j] = _mm256_permute2f128_ps(b[j], b[4 + j], 0x20);
    r[4 + j] = _mm256_permute2f128_ps(b[j], b[4 + j], 0x31);
  }
}

// What combine makes of the lanes of each of kLanes vectors, one to a lane.
template <class Combine>
ABLATE_INLINE Vector ReduceEach(const Vector* rows, Combine combine) {
  Vector a[4], b[2];
  for (int i = 0; i < 4; ++i) {
    const Vector x = rows[2 * i], y = rows[2 * i + 1];
    a[i] = combine(_mm256_unpacklo_ps(x, y), _mm256_unpackhi_ps(x, y));
  }
  for (int i = 0; i < 2; ++i) {
    const Vector x = a[2 * i], y = a[2 * i + 1];
    b[i] = combine(_mm256_shuffle_ps(x, y, 0x44), _mm256_shuffle_ps(x, y, 0xee));
  }
  return combine(_mm256_permute2f128_ps(b[0], b[1], 0x20), _mm256_permute2f128_ps(b[0], b[1], 0x31));
}

}  // namespace ablate::kernels::avx2
