#include "lib/testing/tensor_comparison.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

namespace ablate::testing {

using ::testing::AssertionFailure;
using ::testing::AssertionResult;
using ::testing::AssertionSuccess;

at::Tensor RandomTensor(at::IntArrayRef shape, uint32_t seed, at::ScalarType type) {
  std::mt19937 random(seed);
  const auto uniform = [&random] { return (random() + .5) / 4294967296.; };
  at::Tensor result = at::empty(shape, at::kFloat);
  float* values = result.mutable_data_ptr<float>();
  for (int64_t i = 0; i < result.numel(); ++i) {  // Box-Muller: the library's normal distribution differs between libraries
    const double radius = std::sqrt(-2 * std::log(uniform()));
    values[i] = static_cast<float>(radius * std::cos(2 * M_PI * uniform()));
  }
  return result.to(type);
}

AssertionResult SameBits(const at::Tensor& a, const at::Tensor& b) {
  if (a.defined() != b.defined()) return AssertionFailure() << "only one is defined";
  if (!a.defined()) return AssertionSuccess();
  if (a.scalar_type() != b.scalar_type()) return AssertionFailure() << a.scalar_type() << " and " << b.scalar_type();
  if (a.sizes() != b.sizes()) return AssertionFailure() << a.sizes() << " and " << b.sizes();
  const at::Tensor x = a.detach().contiguous(), y = b.detach().contiguous();
  const auto *p = static_cast<const char*>(x.const_data_ptr()), *q = static_cast<const char*>(y.const_data_ptr());
  const int64_t size = x.element_size();
  int64_t different = 0, first = -1;
  for (int64_t i = 0; i < x.numel(); ++i) {
    if (std::memcmp(p + i * size, q + i * size, size) == 0) continue;
    if (different++ == 0) first = i;
  }
  if (different == 0) return AssertionSuccess();
  return AssertionFailure() << different << " of " << x.numel() << " entries differ, the first at " << first << ": "
                            << x.flatten()[first].item().toDouble() << " and " << y.flatten()[first].item().toDouble();
}

AssertionResult Near(const at::Tensor& a, const at::Tensor& b, double tolerance) {
  if (a.sizes() != b.sizes()) return AssertionFailure() << a.sizes() << " and " << b.sizes();
  const at::Tensor x = a.detach().to(at::kDouble).contiguous(), y = b.detach().to(at::kDouble).contiguous();
  const double *p = x.const_data_ptr<double>(), *q = y.const_data_ptr<double>();
  for (int64_t i = 0; i < x.numel(); ++i) {
    if (p[i] == q[i] || std::fabs(p[i] - q[i]) <= tolerance) continue;
    return AssertionFailure() << "entry " << i << ": " << p[i] << " and " << q[i] << " differ by " << p[i] - q[i]
                              << ", allowed is " << tolerance;
  }
  return AssertionSuccess();
}

double GradientError(const std::function<at::Tensor(const at::Tensor&)>& function, const at::Tensor& input, uint32_t seed,
                     double step) {
  const at::Tensor leaf = input.detach().contiguous().clone().requires_grad_();
  const at::Tensor result = function(leaf);
  const at::Tensor weights = RandomTensor(result.sizes(), seed, at::kDouble);
  (weights * result).sum().backward();
  const at::Tensor gradient = leaf.grad().contiguous();

  at::NoGradGuard guard;
  const at::Tensor moved = input.detach().contiguous().clone();
  double *value = moved.mutable_data_ptr<double>(), worst = 0;
  const auto at = [&](int64_t i, double x) {
    value[i] = x;
    return (weights * function(moved)).sum().item().toDouble();
  };
  for (int64_t i = 0; i < moved.numel(); ++i) {
    const double middle = value[i], slope = (at(i, middle + step) - at(i, middle - step)) / (2 * step);
    value[i] = middle;
    const double error = std::fabs(slope - gradient.const_data_ptr<double>()[i]);
    worst = std::isnan(error) ? error : std::max(worst, error);
    if (std::isnan(worst)) return worst;
  }
  return worst;
}

}  // namespace ablate::testing
