#include "lib/statistics/row_sums.h"

#include <cstdint>
#include <cstring>

namespace ablate::statistics {
namespace {

// Vectors of the compiler (g++ and clang), cut into what the instruction set has. Never passed to a function that isn't
// inlined; casts between the two keep the bits.
typedef double Doubles __attribute__((vector_size(32)));
typedef uint64_t Words __attribute__((vector_size(32)));
constexpr size_t kWidth = sizeof(Doubles) / sizeof(double);
constexpr size_t kVectors = kRowLanes / kWidth;

#define ABLATE_INLINE inline __attribute__((always_inline))

// The standard library's logarithm takes 4 to 10 ns a key, more than all else together. Here x = 2^e m with m in [sqrt(1/2),
// sqrt(2)) and log m = 2 atanh f, f = (m - 1) / (m + 1). |f| < 0.172, so the 9 terms leave out less than f^18 / 19 < 1e-15 of
// the value; near x = 1, e is 0 and f exact to a rounding, so the error stays relative.
ABLATE_INLINE void Log(const Doubles& x, Doubles& log) {
  constexpr uint64_t kRootHalf = 0x3FE6A09E667F3BCD, kOne = 0x3FF0000000000000, kExponent = 0xFFF0000000000000;
  constexpr uint64_t kTwoTo52 = 0x4330000000000000;
  constexpr double kLog2 = 0.693147180559945309417;
  const Words bits = (Words)x;
  const Words shifted = bits - kRootHalf + kOne;  // its exponent field is e + 1023
  const Words mantissa = bits - (shifted & kExponent) + kOne;
  const Words exponent = (shifted >> 52) | kTwoTo52;  // as a double 2^52 + e + 1023
  const Doubles m = (Doubles)mantissa;
  const Doubles e = (Doubles)exponent - (0x1p52 + 1023);
  const Doubles f = (m - 1) / (m + 1), s = f * f;
  Doubles sum = s * (1.0 / 17) + 1.0 / 15;
  sum = sum * s + 1.0 / 13;
  sum = sum * s + 1.0 / 11;
  sum = sum * s + 1.0 / 9;
  sum = sum * s + 1.0 / 7;
  sum = sum * s + 1.0 / 5;
  sum = sum * s + 1.0 / 3;
  log = e * kLog2 + (2 * f + 2 * f * s * sum);
}

ABLATE_INLINE void SumRowLanes(const double* x, size_t padded, RowSums& sums) {
  constexpr double kTiny = 1e-300;  // stands for 0 under the logarithm
  const Doubles tiny = Doubles{} + kTiny;
  Doubles mass[kVectors] = {}, x_log_x[kVectors] = {}, largest[kVectors] = {}, value, log;
  for (size_t i = 0; i < padded; i += kRowLanes) {
    for (size_t vector = 0; vector < kVectors; ++vector) {
      std::memcpy(&value, x + i + vector * kWidth, sizeof value);
      mass[vector] += value;
      largest[vector] = value > largest[vector] ? value : largest[vector];
      Log(value > tiny ? value : tiny, log);
      x_log_x[vector] += value * log;
    }
  }
  for (size_t lane = 0; lane < kRowLanes; ++lane) {
    sums.mass += mass[lane / kWidth][lane % kWidth];
    sums.x_log_x += x_log_x[lane / kWidth][lane % kWidth];
    const double top = largest[lane / kWidth][lane % kWidth];
    sums.largest = top > sums.largest ? top : sums.largest;
  }
}

#ifdef __x86_64__
bool HasAvx2() { return __builtin_cpu_supports("avx2"); }

__attribute__((target("avx2"))) RowSums SumRowAvx2(const double* x, size_t padded) {
  RowSums sums;
  SumRowLanes(x, padded, sums);
  return sums;
}
#endif

}  // namespace

RowSums SumRowPortably(const double* x, size_t padded) {
  RowSums sums;
  SumRowLanes(x, padded, sums);
  return sums;
}

RowSums SumRow(const double* x, size_t padded) {
#ifdef __x86_64__
  static const bool has_avx2 = HasAvx2();
  if (has_avx2) return SumRowAvx2(x, padded);
#endif
  return SumRowPortably(x, padded);
}

void AddScaled(const double* x, double scale, size_t padded, double* sums) {
  for (size_t i = 0; i < padded; ++i) sums[i] += x[i] * scale;
}

}  // namespace ablate::statistics
