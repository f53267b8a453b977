#include "lib/normalizers/rms_norm.h"

#include <ATen/Dispatch.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/empty_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>

#include "lib/normalizers/own_loops.h"

namespace ablate::normalizers {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

constexpr double kEpsilon = 1e-8;

// Calls function(element) for the elements of one query, whose first one is at `first`.
struct Query {
  int64_t heads, head_stride, width;
  int64_t first;

  template <class Function>
  void ForEach(const Function& function) const {
    for (int64_t head = 0; head < heads; ++head) {
      for (int64_t i = 0; i < width; ++i) function(first + head * head_stride + i);
    }
  }
};

template <class Function>
void ForEachQuery(const at::Tensor& context, const Function& function) {
  const int64_t heads = context.size(2), queries = context.size(3), width = context.size(4);
  for (int64_t matrix = 0; matrix < context.size(0) * context.size(1); ++matrix) {
    for (int64_t query = 0; query < queries; ++query) {
      function(Query{heads, queries * width, width, (matrix * heads * queries + query) * width});
    }
  }
}

// 1 / root mean square.
template <class Real>
double Scale(const Real* x, const Query& query) {
  double squares = 0;
  query.ForEach([&](int64_t i) { squares += static_cast<double>(x[i]) * x[i]; });
  return 1 / std::sqrt(squares / static_cast<double>(query.heads * query.width) + kEpsilon);
}

struct RmsNormFunction : torch::autograd::Function<RmsNormFunction> {
  static at::Tensor forward(AutogradContext* saved, const at::Tensor& context) {
    at::AutoDispatchBelowADInplaceOrView guard;
    const at::Tensor from = context.contiguous(), normalized = at::empty_like(from);
    AT_DISPATCH_FLOATING_TYPES(context.scalar_type(), "RmsNorm", [&] {
      const scalar_t* x = from.const_data_ptr<scalar_t>();
      scalar_t* y = normalized.mutable_data_ptr<scalar_t>();
      ForEachQuery(from, [&](const Query& query) {
        const double scale = Scale(x, query);
        query.ForEach([&](int64_t i) { y[i] = static_cast<scalar_t>(x[i] * scale); });
      });
    });
    saved->save_for_backward({from});
    return normalized;
  }

  // With r the scale and m the mean of g x: r g - r^3 m x.
  static tensor_list backward(AutogradContext* saved, const tensor_list& gradients) {
    at::AutoDispatchBelowADInplaceOrView guard;
    const at::Tensor from = saved->get_saved_variables()[0], given = gradients[0].contiguous(), result = at::empty_like(from);
    AT_DISPATCH_FLOATING_TYPES(from.scalar_type(), "RmsNorm", [&] {
      const scalar_t *x = from.const_data_ptr<scalar_t>(), *g = given.const_data_ptr<scalar_t>();
      scalar_t* dx = result.mutable_data_ptr<scalar_t>();
      ForEachQuery(from, [&](const Query& query) {
        double product = 0;
        query.ForEach([&](int64_t i) { product += static_cast<double>(g[i]) * x[i]; });
        const double scale = Scale(x, query);
        const double along = scale * scale * scale * product / static_cast<double>(query.heads * query.width);
        query.ForEach([&](int64_t i) { dx[i] = static_cast<scalar_t>(scale * g[i] - along * x[i]); });
      });
    });
    return {result};
  }
};

}  // namespace

at::Tensor RmsNorm(const at::Tensor& context) {
  TORCH_CHECK_VALUE(context.dim() == 5, "context must be [G, B, H, Q, D], not ", context.sizes());
  return RunsOwnLoops(context) ? RmsNormFunction::apply(context) : RmsNormByTorch(context);
}

at::Tensor RmsNormByTorch(const at::Tensor& context) {
  return context * (context.square().mean({2, 4}, /*keepdim=*/true) + kEpsilon).rsqrt();
}

}  // namespace ablate::normalizers
