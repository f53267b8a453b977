// Softmax of one row: the largest score, the powers and their sum, the quotients.
#pragma once

#include "lib/kernels/cpu/elementary.h"
#include "lib/kernels/cpu/lane_maxima.h"

namespace ablate::kernels::ABLATE_INSTRUCTION_SET {

// e^(score - largest) to `powers`, padded to a vector; their sum. Four running sums, flushed every 64 vectors. load(extent, i)
// are the scores from key i on. Probabilities are to come.
template <class LoadScores>
ABLATE_INLINE float AddPowers(LoadScores load, int64_t keys, Vector largest, const float* probabilities, float* powers) {
  constexpr int64_t kBlock = 64 * kLanes;
  Vector total = All(0.f);
  for (int64_t i = 0; i < keys;) {
    const int64_t end = i + kBlock < keys ? i + kBlock : keys;
    Vector sums[4] = {All(0.f), All(0.f), All(0.f), All(0.f)};
    for (; i + 4 * kLanes <= end; i += 4 * kLanes) {
      for (int j = 0; j < 4; ++j) {
        const Vector power = Exp(load(Whole(), i + j * kLanes) - largest);
        Store(powers + i + j * kLanes, power);
        WillWrite(probabilities + i + j * kLanes);
        sums[j] = sums[j] + power;
      }
    }
    ForEachVector(end - i, [&](int64_t j, auto extent) {
      const Vector power = Exp(load(extent, i + j) - largest);
      Store(powers + i + j, power);
      sums[0] = sums[0] + power;
    });
    i = end;
    total = total + ((sums[0] + sums[1]) + (sums[2] + sums[3]));
  }
  return Sum(total);
}

// Scratch: keys + kLanes floats.
template <class Score>
void SolveSoftmaxRow(const Score* scores, int64_t keys, float* probabilities, float* powers) {
  const LaneMaxima maxima = FindLaneMaxima(scores, keys);
  const float largest = Largest(maxima.all());
  if (Any(maxima.bad) || largest == kInfinity) return FillRow(probabilities, keys, __builtin_nanf(""));
  if (largest == -kInfinity) return FillRow(probabilities, keys, 0.f);
  const auto load = [scores](auto extent, int64_t i) { return LoadOf(extent, scores + i, -kInfinity); };
  const Vector factor = All(1.f / AddPowers(load, keys, All(largest), probabilities, powers));
  ForEachVector(keys, [&](int64_t i, auto extent) { StoreOf(extent, probabilities + i, Load(powers + i) * factor); });
}

}  // namespace ablate::kernels::ABLATE_INSTRUCTION_SET
