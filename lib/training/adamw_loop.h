// The loops over elements of AdamW and of the gradient's norm: f32 storage, one trial's slice of one parameter. Torch-free.
#pragma once

#include <cstdint>

namespace ablate::training {

struct AdamWCoefficients {
  float gradient_scale;  // clipping
  float beta1, beta2;
  float decay;         // 1 - learning rate * weight decay
  float step_size;     // learning rate / (1 - beta1^step)
  float second_scale;  // 1 / sqrt(1 - beta2^step)
  float epsilon;
};

// first = beta1 first + (1 - beta1) g; second = beta2 second + (1 - beta2) g^2 with g = gradient_scale * gradient;
// value = decay value - step_size first / (second_scale sqrt(second) + epsilon).
void AdamWLoop(const AdamWCoefficients& coefficients, const float* gradient, int64_t n, float* value, float* first,
               float* second);

// In double, in an order that depends on n alone.
double SumOfSquares(const float* values, int64_t n);

}  // namespace ablate::training
