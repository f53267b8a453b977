// What operators that call the row kernels of lib/kernels/cpu have in common.
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "lib/kernels/cpu/bfloat16.h"

namespace ablate::normalizers {

// Rows to a thread; a row's bits do not depend on it.
inline int64_t GrainSize(int64_t keys) { return std::max<int64_t>(1, (int64_t{1} << 15) / std::max<int64_t>(1, keys)); }

inline void CheckOk(const absl::Status& status) { TORCH_CHECK_VALUE(status.ok(), std::string(status.message())); }

// Of the probabilities and parameters that belong to scores of a type: bfloat16 is computed in float, and gradients need
// probabilities as they were computed.
inline at::ScalarType ComputedType(at::ScalarType scores) { return scores == at::kBFloat16 ? at::kFloat : scores; }

// Probabilities as they were computed, in the type of their scores. Where that is the same there is no conversion: below
// autograd operators must not return their input.
inline at::Tensor RoundedTo(at::ScalarType scores, const at::Tensor& probabilities) {
  return probabilities.scalar_type() == scores ? probabilities : probabilities.to(scores);
}

// Calls run(Score()) for a type of scores and of their gradients.
template <class Run>
void WithScore(at::ScalarType type, const Run& run) {
  switch (type) {
    case at::kFloat:
      return run(float());
    case at::kDouble:
      return run(double());
    case at::kBFloat16:
      return run(kernels::Bfloat16());
    default:
      TORCH_CHECK_TYPE(false, "rows of ", type, "; allowed on a CPU are float, double and bfloat16");
  }
}

template <class Number>
const Number* PointerTo(const at::Tensor& tensor) {
  return static_cast<const Number*>(tensor.const_data_ptr());
}
template <class Number>
Number* MutablePointerTo(const at::Tensor& tensor) {
  return static_cast<Number*>(tensor.mutable_data_ptr());
}

}  // namespace ablate::normalizers
