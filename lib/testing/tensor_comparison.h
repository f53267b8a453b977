// Tensors in tests: made from a seed, compared, and their gradients checked.
#pragma once

#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>

namespace ablate::testing {

// Normal numbers, the same on every machine. f64 numbers are those of f32.
at::Tensor RandomTensor(at::IntArrayRef shape, uint32_t seed, at::ScalarType type = at::kFloat);

// Same type, shape and bits: a NaN equals itself, 0 does not equal -0.
::testing::AssertionResult SameBits(const at::Tensor& a, const at::Tensor& b);

// |a - b| <= tolerance everywhere; equal infinities are near, NaN is near nothing.
::testing::AssertionResult Near(const at::Tensor& a, const at::Tensor& b, double tolerance);

// Largest |difference| between autograd's gradient of sum(weights * function(input)) and central differences of step `step`,
// over all entries of `input` (f64). Random weights from `seed`. Central differences are off by step^2 |f'''| / 6 + 1e-16 |f| /
// step: with the default and numbers of order 1, 1e-9.
double GradientError(const std::function<at::Tensor(const at::Tensor&)>& function, const at::Tensor& input, uint32_t seed = 1,
                     double step = 1e-5);

}  // namespace ablate::testing
