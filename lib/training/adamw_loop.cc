#include "lib/training/adamw_loop.h"

#include <cmath>

#include "lib/models/simd.h"

namespace ablate::training {

void AdamWLoop(const AdamWCoefficients& coefficients, const float* gradient, int64_t n, float* value, float* first,
               float* second) {
  const AdamWCoefficients c = coefficients;
  const float rest1 = 1 - c.beta1, rest2 = 1 - c.beta2;
  models::WithWidestVectors([=] {
    for (int64_t i = 0; i < n; ++i) {
      const float g = c.gradient_scale * gradient[i];
      const float mean = c.beta1 * first[i] + rest1 * g;
      const float square = c.beta2 * second[i] + rest2 * (g * g);
      first[i] = mean;
      second[i] = square;
      value[i] = c.decay * value[i] - c.step_size * mean / (c.second_scale * std::sqrt(square) + c.epsilon);
    }
  });
}

double SumOfSquares(const float* values, int64_t n) {
  constexpr int kLanes = 16;
  double sums[kLanes] = {};
  models::WithWidestVectors([=, &sums] {
    int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
      for (int lane = 0; lane < kLanes; ++lane) {
        const double v = values[i + lane];
        sums[lane] += v * v;
      }
    }
    for (int lane = 0; i < n; ++i, ++lane) sums[lane] += static_cast<double>(values[i]) * values[i];
  });
  double total = 0;
  for (const double sum : sums) total += sum;
  return total;
}

}  // namespace ablate::training
