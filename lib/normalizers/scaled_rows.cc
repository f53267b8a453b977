#include "lib/normalizers/scaled_rows.h"

#include <ATen/Dispatch.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/empty_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <limits>

#include "lib/normalizers/own_loops.h"

namespace ablate::normalizers {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

template <class Real>
constexpr Real kMasked = -std::numeric_limits<Real>::infinity();

struct ScaledRowsFunction : torch::autograd::Function<ScaledRowsFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& rows, const at::Tensor& factors) {
    at::AutoDispatchBelowADInplaceOrView guard;
    const at::Tensor from = rows.contiguous(), by = factors.contiguous(), scaled = at::empty_like(from);
    const int64_t keys = rows.size(-1);
    AT_DISPATCH_FLOATING_TYPES(rows.scalar_type(), "ScaledRows", [&] {
      const scalar_t *z = from.const_data_ptr<scalar_t>(), *factor = by.const_data_ptr<scalar_t>();
      scalar_t* y = scaled.mutable_data_ptr<scalar_t>();
      for (int64_t i = 0; i < from.numel(); ++i) y[i] = z[i] == kMasked<scalar_t> ? z[i] : z[i] * factor[i / keys];
    });
    context->save_for_backward({from, by});
    return scaled;
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    at::AutoDispatchBelowADInplaceOrView guard;
    const auto saved = context->get_saved_variables();
    const at::Tensor given = gradients[0].contiguous();
    const at::Tensor in_rows = at::empty_like(saved[0]), in_factors = at::empty_like(saved[1]);
    const int64_t keys = saved[0].size(-1);
    AT_DISPATCH_FLOATING_TYPES(given.scalar_type(), "ScaledRows", [&] {
      const scalar_t *z = saved[0].const_data_ptr<scalar_t>(), *factor = saved[1].const_data_ptr<scalar_t>();
      const scalar_t* g = given.const_data_ptr<scalar_t>();
      scalar_t *dz = in_rows.mutable_data_ptr<scalar_t>(), *dfactor = in_factors.mutable_data_ptr<scalar_t>();
      for (int64_t row = 0; row < in_factors.numel(); ++row) {
        double sum = 0;
        for (int64_t i = row * keys; i < (row + 1) * keys; ++i) {
          const bool masked = z[i] == kMasked<scalar_t>;
          dz[i] = masked ? 0 : g[i] * factor[row];
          if (!masked) sum += static_cast<double>(g[i]) * z[i];
        }
        dfactor[row] = static_cast<scalar_t>(sum);
      }
    });
    return {in_rows, in_factors};
  }
};

}  // namespace

at::Tensor ScaledRows(const at::Tensor& rows, const at::Tensor& factors) {
  TORCH_CHECK_VALUE(
      rows.dim() > 0 && factors.sizes() == rows.sizes().slice(0, rows.dim() - 1) && factors.scalar_type() == rows.scalar_type(),
      "factors must be one per row of ", rows.sizes(), ", not ", factors.sizes());
  return RunsOwnLoops(rows) ? ScaledRowsFunction::apply(rows, factors) : ScaledRowsByTorch(rows, factors);
}

at::Tensor ScaledRowsByTorch(const at::Tensor& rows, const at::Tensor& factors) {
  const at::Tensor masked = rows.eq(kMasked<double>);
  return (rows.masked_fill(masked, 0) * factors.unsqueeze(-1)).masked_fill(masked, kMasked<double>);
}

}  // namespace ablate::normalizers
