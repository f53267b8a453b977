// Sixteen floats; see vectors.h.
#pragma once

#include <immintrin.h>
#include <stdint.h>

#include "lib/kernels/cpu/bfloat16.h"

namespace ablate::kernels::avx512 {

constexpr int kLanes = 16;
using Vector = __m512;
using Mask = __mmask16;

ABLATE_INLINE Vector All(float x) { return _mm512_set1_ps(x); }
ABLATE_INLINE Mask FirstLanes(int count) { return static_cast<Mask>((1u << count) - 1); }

ABLATE_INLINE Vector Load(const float* from) { return _mm512_loadu_ps(from); }
ABLATE_INLINE Vector Load(const Bfloat16* from) {
  const __m256i narrow = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(narrow), 16));
}
ABLATE_INLINE Vector LoadFirst(const float* from, int count, float rest) {
  return _mm512_mask_loadu_ps(All(rest), FirstLanes(count), from);
}
ABLATE_INLINE void Store(float* to, Vector x) { _mm512_storeu_ps(to, x); }
ABLATE_INLINE void Store(Bfloat16* to, Vector x) {
  const __m512i bits = _mm512_castps_si512(x), odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  const __m512i rounded = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm512_cvtepi32_epi16(_mm512_srli_epi32(rounded, 16)));
}
ABLATE_INLINE void StoreFirst(float* to, int count, Vector x) { _mm512_mask_storeu_ps(to, FirstLanes(count), x); }

ABLATE_INLINE Vector Max(Vector a, Vector b) { return _mm512_max_ps(a, b); }
ABLATE_INLINE Vector Min(Vector a, Vector b) { return _mm512_min_ps(a, b); }
ABLATE_INLINE Vector Sqrt(Vector x) { return _mm512_sqrt_ps(x); }
ABLATE_INLINE Vector RoughReciprocal(Vector x) { return _mm512_rcp14_ps(x); }
ABLATE_INLINE Vector RoughReciprocalSqrt(Vector x) { return _mm512_rsqrt14_ps(x); }
ABLATE_INLINE Vector Fma(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }    // a b + c
ABLATE_INLINE Vector Fnma(Vector a, Vector b, Vector c) { return _mm512_fnmadd_ps(a, b, c); }  // c - a b
ABLATE_INLINE Vector Round(Vector x) { return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
ABLATE_INLINE float Sum(Vector x) { return _mm512_reduce_add_ps(x); }
ABLATE_INLINE float Largest(Vector x) { return _mm512_reduce_max_ps(x); }

ABLATE_INLINE Mask Everywhere() { return 0xffff; }
ABLATE_INLINE Mask Nowhere() { return 0; }
ABLATE_INLINE Mask Greater(Vector a, Vector b) { return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ); }
ABLATE_INLINE Mask GreaterEqual(Vector a, Vector b) { return _mm512_cmp_ps_mask(a, b, _CMP_GE_OQ); }
ABLATE_INLINE Mask Different(Vector a, Vector b) { return _mm512_cmp_ps_mask(a, b, _CMP_NEQ_UQ); }
ABLATE_INLINE Mask Unordered(Vector a, Vector b) { return _mm512_cmp_ps_mask(a, b, _CMP_UNORD_Q); }
ABLATE_INLINE Mask Or(Mask a, Mask b) { return static_cast<Mask>(a | b); }
ABLATE_INLINE Mask And(Mask a, Mask b) { return static_cast<Mask>(a & b); }
ABLATE_INLINE bool Any(Mask mask) { return mask != 0; }
ABLATE_INLINE bool Every(Mask mask) { return mask == 0xffff; }
ABLATE_INLINE unsigned Bits(Mask mask) { return mask; }
ABLATE_INLINE int Count(Mask mask) { return __builtin_popcount(mask); }
ABLATE_INLINE Vector Select(Mask mask, Vector yes, Vector no) { return _mm512_mask_blend_ps(mask, no, yes); }
ABLATE_INLINE Vector Keep(Mask mask, Vector x) { return _mm512_maskz_mov_ps(mask, x); }
ABLATE_INLINE Vector AddWhere(Mask mask, Vector a, Vector b) { return _mm512_mask_add_ps(a, mask, a, b); }
ABLATE_INLINE Vector MaxWhere(Mask mask, Vector a, Vector b) { return _mm512_mask_max_ps(a, mask, a, b); }
ABLATE_INLINE Vector MinWhere(Mask mask, Vector a, Vector b) { return _mm512_mask_min_ps(a, mask, a, b); }

// Whole numbers that count, from a zero on: one more in the lanes of the mask; what they are.
ABLATE_INLINE Vector CountWhere(Mask mask, Vector counter) {
  const __m512i whole = _mm512_castps_si512(counter);
  return _mm512_castsi512_ps(_mm512_mask_add_epi32(whole, mask, whole, _mm512_set1_epi32(1)));
}
ABLATE_INLINE Vector AddCounters(Vector a, Vector b) {
  return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(a), _mm512_castps_si512(b)));
}
ABLATE_INLINE Vector Counted(Vector counter) { return _mm512_cvtepi32_ps(_mm512_castps_si512(counter)); }

// Packs the lanes of the mask at `to`, where all kLanes entries may be overwritten; their number.
ABLATE_INLINE int Compress(float* to, Mask mask, Vector x) {
  Store(to, _mm512_maskz_compress_ps(mask, x));
  return Count(mask);
}
// The other way: consecutive entries to the lanes of the mask, 0 to the others.
ABLATE_INLINE Vector Expand(Mask mask, const float* from) { return _mm512_maskz_expand_ps(mask, Load(from)); }

// x 2^k for whole k, -inf too.
ABLATE_INLINE Vector Scale(Vector x, Vector k) { return _mm512_scalef_ps(x, k); }
constexpr bool kScaleTakesInfinity = true;  // and gives 0 then, even if x is NaN

// x = mantissa 2^exponent with the mantissa in [0.75, 1.5), x > 0.
ABLATE_INLINE Vector Mantissa(Vector x, Vector& exponent) {
  const Vector mantissa = _mm512_getmant_ps(x, _MM_MANT_NORM_p75_1p5, _MM_MANT_SIGN_src);
  exponent = AddWhere(Greater(All(1.f), mantissa), _mm512_getexp_ps(x), All(1.f));
  return mantissa;
}

// The number half way from a to b > a in the order of floats: above a, up to b.
ABLATE_INLINE __m512i Ordered(__m512i bits) {
  return _mm512_xor_si512(bits, _mm512_srli_epi32(_mm512_srai_epi32(bits, 31), 1));
}
ABLATE_INLINE Vector Between(Vector a, Vector b) {
  const __m512i x = Ordered(_mm512_castps_si512(a)), y = Ordered(_mm512_castps_si512(b));
  const __m512i half = _mm512_srai_epi32(_mm512_xor_si512(x, y), 1);
  return _mm512_castsi512_ps(Ordered(_mm512_sub_epi32(_mm512_or_si512(x, y), half)));
}

// Rows become columns.
ABLATE_INLINE void Transpose(Vector* r) {
  Vector a[16], b[16];
  for (int i = 0; i < 16; i += 2) {
    a[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
    a[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    for (int j = 0; j < 2; ++j) {
      const __m512d x = _mm512_castps_pd(a[i + j]), y = _mm512_castps_pd(a[i + j + 2]);
      b[i + 2 * j] = _mm512_castpd_ps(_mm512_unpacklo_pd(x, y));
      b[i + 2 * j + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(x, y));
    }
  }
  for (int j = 0; j < 4; ++j) {
    const Vector x = _mm512_shuffle_f32x4(b[j], b[4 + j], 0x88), y = _mm512_shuffle_f32x4(b[8 + j], b[12 + j], 0x88);
    const Vector u = _mm512_shuffle_f32x4(b[j], b[4 + j], 0xdd), v = _mm512_shuffle_f32x4(b[8 + j], b[12 + j], 0xdd);
    r[j] = _mm512_shuffle_f32x4(x, y, 0x88);
    r[8 + j] = _mm512_shuffle_f32x4(x, y, 0xdd);
    r[4 + j] = _mm512_shuffle_f32x4(u, v, 0x88);
    r[12 + j] = _mm512_shuffle_f32x4(u, v, 0xdd);
  }
}

// What combine makes of the lanes of each of kLanes vectors, one to a lane.
template <class Combine>
ABLATE_INLINE Vector ReduceEach(const Vector* rows, Combine combine) {
  Vector a[8], b[4];
  for (int i = 0; i < 8; ++i) {
    const Vector x = rows[2 * i], y = rows[2 * i + 1];
    a[i] = combine(_mm512_unpacklo_ps(x, y), _mm512_unpackhi_ps(x, y));
  }
  for (int i = 0; i < 4; ++i) {
    const __m512d x = _mm512_castps_pd(a[2 * i]), y = _mm512_castps_pd(a[2 * i + 1]);
    b[i] = combine(_mm512_castpd_ps(_mm512_unpacklo_pd(x, y)), _mm512_castpd_ps(_mm512_unpackhi_pd(x, y)));
  }
  const auto join = [&](Vector x, Vector y) {
    return combine(_mm512_shuffle_f32x4(x, y, 0x88), _mm512_shuffle_f32x4(x, y, 0xdd));
  };
  return join(join(b[0], b[1]), join(b[2], b[3]));
}

}  // namespace ablate::kernels::avx512
