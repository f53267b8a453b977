// Sixteen numbers side by side, as vectors of the width that the compiler was told the machine has. Every lane rounds by
// itself, nothing is contracted to fma and sums are taken in one order, so the bits are the same on every instruction set.
//
// Files that include this are compiled once for each instruction set (lib/kernels/cpu/BUILD.bazel), hence the namespace, and
// hence no templates of the standard library here: the linker could pick another file's copy for an older machine.
#pragma once

#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__AVX512F__) && defined(__AVX512DQ__)
#define ABLATE_INSTRUCTION_SET avx512
#define ABLATE_VECTOR_BYTES 64
#elif defined(__AVX2__)
#define ABLATE_INSTRUCTION_SET avx2
#define ABLATE_VECTOR_BYTES 32
#else
#define ABLATE_INSTRUCTION_SET baseline
#define ABLATE_VECTOR_BYTES 16
#endif
#define ABLATE_INLINE inline __attribute__((always_inline))

namespace ablate::kernels::ABLATE_INSTRUCTION_SET {

constexpr int kLanes = 16;

template <class Number>
struct VectorOf;
template <>
struct VectorOf<float> {
  typedef float Type __attribute__((vector_size(ABLATE_VECTOR_BYTES)));
  typedef int32_t Integer;
};
template <>
struct VectorOf<double> {
  typedef double Type __attribute__((vector_size(ABLATE_VECTOR_BYTES)));
  typedef int64_t Integer;
};
template <>
struct VectorOf<int32_t> {
  typedef int32_t Type __attribute__((vector_size(ABLATE_VECTOR_BYTES)));
  typedef int32_t Integer;
};
template <>
struct VectorOf<int64_t> {
  typedef int64_t Type __attribute__((vector_size(ABLATE_VECTOR_BYTES)));
  typedef int64_t Integer;
};

template <class Number>
struct Lanes {
  using Vector = typename VectorOf<Number>::Type;
  static constexpr int kVectors = kLanes * sizeof(Number) / ABLATE_VECTOR_BYTES;
  static constexpr int kWidth = kLanes / kVectors;
  Vector vector[kVectors];

  ABLATE_INLINE Number operator[](int lane) const { return vector[lane / kWidth][lane % kWidth]; }
  ABLATE_INLINE void Set(int lane, Number x) { vector[lane / kWidth][lane % kWidth] = x; }
};

// Of comparisons: -1 where true, else 0.
template <class Number>
using Mask = Lanes<typename VectorOf<Number>::Integer>;
using Floats = Lanes<float>;
using Doubles = Lanes<double>;
using Int32s = Lanes<int32_t>;

template <class Number>
ABLATE_INLINE Lanes<Number> All(Number x) {
  Lanes<Number> result;
  for (auto& vector : result.vector) vector = typename Lanes<Number>::Vector{} + x;
  return result;
}

#define ABLATE_ARITHMETIC(op)                                                        \
  template <class Number>                                                            \
  ABLATE_INLINE Lanes<Number> operator op(Lanes<Number> a, const Lanes<Number>& b) { \
    for (int i = 0; i < a.kVectors; ++i) a.vector[i] = a.vector[i] op b.vector[i];   \
    return a;                                                                        \
  }                                                                                  \
  template <class Number>                                                            \
  ABLATE_INLINE Lanes<Number> operator op(const Lanes<Number>& a, Number b) {        \
    return a op All(b);                                                              \
  }
ABLATE_ARITHMETIC(+)
ABLATE_ARITHMETIC(-)
ABLATE_ARITHMETIC(*)
ABLATE_ARITHMETIC(/)
ABLATE_ARITHMETIC(&)
#undef ABLATE_ARITHMETIC

#define ABLATE_COMPARISON(op)                                                                \
  template <class Number>                                                                    \
  ABLATE_INLINE Mask<Number> operator op(const Lanes<Number>& a, Number b) {                 \
    Mask<Number> result;                                                                     \
    for (int i = 0; i < a.kVectors; ++i) result.vector[i] = a.vector[i] op All(b).vector[i]; \
    return result;                                                                           \
  }
ABLATE_COMPARISON(<)
ABLATE_COMPARISON(>)
ABLATE_COMPARISON(==)
#undef ABLATE_COMPARISON

// False where a NaN is.
template <class Number>
ABLATE_INLINE Mask<Number> Same(const Lanes<Number>& a, const Lanes<Number>& b) {
  Mask<Number> result;
  for (int i = 0; i < a.kVectors; ++i) result.vector[i] = a.vector[i] == b.vector[i];
  return result;
}

template <class Number>
ABLATE_INLINE Lanes<Number> Select(const Mask<Number>& mask, const Lanes<Number>& yes, const Lanes<Number>& no) {
  Lanes<Number> result;
  for (int i = 0; i < yes.kVectors; ++i) result.vector[i] = mask.vector[i] ? yes.vector[i] : no.vector[i];
  return result;
}

// x where the mask is true, else 0.
template <class Number>
ABLATE_INLINE Lanes<Number> Keep(const Mask<Number>& mask, const Lanes<Number>& x) {
  return Select(mask, x, All(Number(0)));
}

// b where it is greater, else a: not NaN unless a is.
template <class Number>
ABLATE_INLINE Lanes<Number> Greater(const Lanes<Number>& a, const Lanes<Number>& b) {
  Lanes<Number> result;
  for (int i = 0; i < a.kVectors; ++i) result.vector[i] = b.vector[i] > a.vector[i] ? b.vector[i] : a.vector[i];
  return result;
}

template <class Number>
ABLATE_INLINE Lanes<Number> Load(const Number* from) {
  Lanes<Number> x;
  memcpy(&x, from, sizeof x);
  return x;
}

template <class Number>
ABLATE_INLINE void Store(Number* to, const Lanes<Number>& x) {
  memcpy(to, &x, sizeof x);
}

// In the order of the lanes, in double.
template <class Number>
ABLATE_INLINE double SumOfLanes(const Lanes<Number>& x) {
  Number lanes[kLanes];
  Store(lanes, x);
  double sum = 0;
  for (Number lane : lanes) sum += lane;
  return sum;
}

ABLATE_INLINE Int32s BitsOf(const Floats& x) {
  Int32s result;
  memcpy(&result, &x, sizeof x);
  return result;
}
ABLATE_INLINE Floats FromBits(const Int32s& x) {
  Floats result;
  memcpy(&result, &x, sizeof x);
  return result;
}
ABLATE_INLINE Int32s ToInt(const Floats& x) {
  Int32s result;
  for (int i = 0; i < x.kVectors; ++i) result.vector[i] = __builtin_convertvector(x.vector[i], Int32s::Vector);
  return result;
}
ABLATE_INLINE Floats ToFloat(const Int32s& x) {
  Floats result;
  for (int i = 0; i < x.kVectors; ++i) result.vector[i] = __builtin_convertvector(x.vector[i], Floats::Vector);
  return result;
}
template <int kBits>
ABLATE_INLINE Int32s ShiftLeft(Int32s x) {
  for (auto& vector : x.vector) vector = vector << kBits;
  return x;
}
template <int kBits>
ABLATE_INLINE Int32s ShiftRight(Int32s x) {
  for (auto& vector : x.vector) vector = vector >> kBits;
  return x;
}

// By the machine's square root, which is exactly rounded.
template <class Number>
ABLATE_INLINE Lanes<Number> Sqrt(const Lanes<Number>& x) {
  Number lanes[kLanes];
  Store(lanes, x);
  for (Number& lane : lanes) lane = sizeof(Number) == 4 ? __builtin_sqrtf(lane) : __builtin_sqrt(lane);
  return Load(lanes);
}

}  // namespace ablate::kernels::ABLATE_INSTRUCTION_SET
