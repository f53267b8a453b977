// Vectors of floats as wide as the instruction set that the compiler was told to use, and the operations that the row kernels
// are written in. Files that include this are compiled once for each set (lib/kernels/cpu/BUILD.bazel), hence the namespace,
// and hence no templates of the standard library in them: the linker could pick another file's copy for an older machine.
//
// Of lanes that are not a number: Max(a, b) and Min(a, b) give b. Masks that compare them are false, but Different is true.
#pragma once

#define ABLATE_INLINE inline __attribute__((always_inline))

#if defined(__AVX512F__) && defined(__AVX512DQ__)
#define ABLATE_INSTRUCTION_SET avx512
#include "lib/kernels/cpu/vectors_avx512.h"
#elif defined(__AVX2__) && defined(__FMA__)
#define ABLATE_INSTRUCTION_SET avx2
#include "lib/kernels/cpu/vectors_avx2.h"
#else
#define ABLATE_INSTRUCTION_SET baseline
#include "lib/kernels/cpu/vectors_baseline.h"
#endif

namespace ablate::kernels::ABLATE_INSTRUCTION_SET {

constexpr float kInfinity = __builtin_inff();
constexpr float kLargestFloat = 3.40282347e38f;

ABLATE_INLINE Vector Abs(Vector x) { return Max(x, All(0.f) - x); }

// The first `count` < kLanes entries; the other lanes are `rest`.
ABLATE_INLINE Vector LoadFirst(const Bfloat16* from, int count, float rest) {
  Bfloat16 buffer[kLanes] = {};
  for (int i = 0; i < count; ++i) buffer[i] = from[i];
  float wide[kLanes];
  Store(wide, Load(buffer));
  for (int i = count; i < kLanes; ++i) wide[i] = rest;
  return Load(wide);
}
ABLATE_INLINE void StoreFirst(Bfloat16* to, int count, Vector x) {
  Bfloat16 buffer[kLanes];
  Store(buffer, x);
  for (int i = 0; i < count; ++i) to[i] = buffer[i];
}

// A row is gone through in whole vectors and one part of a vector: body(at, extent) once for each.
struct Whole {};
struct Part {
  int count;  // below kLanes
};
template <class Body>
ABLATE_INLINE void ForEachVector(int64_t keys, Body body) {
  int64_t i = 0;
  for (; i + kLanes <= keys; i += kLanes) body(i, Whole());
  if (i < keys) body(i, Part{static_cast<int>(keys - i)});
}

template <class Number>
ABLATE_INLINE Vector LoadOf(Whole, const Number* from, float) {
  return Load(from);
}
template <class Number>
ABLATE_INLINE Vector LoadOf(Part part, const Number* from, float rest) {
  return LoadFirst(from, part.count, rest);
}
template <class Number>
ABLATE_INLINE void StoreOf(Whole, Number* to, Vector x) {
  Store(to, x);
}
template <class Number>
ABLATE_INLINE void StoreOf(Part part, Number* to, Vector x) {
  StoreFirst(to, part.count, x);
}

// Asks for a cache line that will be written, or read, soon. Passes alternate between reading and writing: without this, memory
// stands still in every other one.
ABLATE_INLINE void WillWrite(const void* line) { __builtin_prefetch(line, 1, 3); }
ABLATE_INLINE void WillRead(const void* line) { __builtin_prefetch(line, 0, 2); }

template <class Number>
ABLATE_INLINE void FillRow(Number* row, int64_t keys, float value) {
  ForEachVector(keys, [&](int64_t i, auto extent) { StoreOf(extent, row + i, All(value)); });
}

}  // namespace ablate::kernels::ABLATE_INSTRUCTION_SET
