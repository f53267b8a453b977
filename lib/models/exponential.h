// exp in plain float arithmetic, for loops that must give the same bits at every vector width.
#pragma once

#include <cstdint>
#include <cstring>

namespace ablate::models {

// exp for x <= 0, relative error below 2e-7 down to -87, where it stays: Cephes' polynomial after x = n ln 2 + r. The rounding
// constant leaves n in the low bits, so that no float is converted to an integer (NaN has none).
inline __attribute__((always_inline)) float ExpOfNegative(float x) {
  constexpr float kRound = 12582912.f;  // 1.5 * 2^23
  x = x < -87.f ? -87.f : x;
  const float shifted = x * 1.44269504f + kRound;
  const float n = shifted - kRound;
  const float r = x - n * 0.693359375f + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.f;
  uint32_t bits;
  std::memcpy(&bits, &shifted, sizeof bits);
  bits = (bits - 0x4B400000u + 127u) << 23;
  float power;
  std::memcpy(&power, &bits, sizeof power);
  return p * power;
}

}  // namespace ablate::models
