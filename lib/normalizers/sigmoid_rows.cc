#include "lib/normalizers/sigmoid_rows.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/sigmoid.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "lib/normalizers/own_loops.h"

namespace ablate::normalizers {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

template <class Real>
constexpr Real kMasked = -std::numeric_limits<Real>::infinity();

template <class Real>
void SigmoidRow(const Real* z, int64_t keys, Real* p) {
  const int64_t unmasked = keys - std::count(z, z + keys, kMasked<Real>);
  const Real shift = std::log(static_cast<Real>(unmasked));
  for (int64_t i = 0; i < keys; ++i) p[i] = z[i] == kMasked<Real> ? 0 : 1 / (1 + std::exp(shift - z[i]));
}

struct SigmoidFunction : torch::autograd::Function<SigmoidFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& scores) {
    at::AutoDispatchBelowADInplaceOrView guard;
    const at::Tensor from = scores.contiguous(), probabilities = at::empty_like(from);
    const int64_t keys = scores.size(-1), rows = keys == 0 ? 0 : from.numel() / keys;
    AT_DISPATCH_FLOATING_TYPES(scores.scalar_type(), "SigmoidRows", [&] {
      const scalar_t* z = from.const_data_ptr<scalar_t>();
      scalar_t* p = probabilities.mutable_data_ptr<scalar_t>();
      at::parallel_for(0, rows, std::max<int64_t>(1, (int64_t{1} << 13) / std::max<int64_t>(1, keys)),
                       [&](int64_t begin, int64_t end) {
                         for (int64_t row = begin; row < end; ++row) SigmoidRow(z + row * keys, keys, p + row * keys);
                       });
    });
    context->save_for_backward({probabilities});
    return probabilities;
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    at::AutoDispatchBelowADInplaceOrView guard;
    const at::Tensor p = context->get_saved_variables()[0];
    return {gradients[0] * p * (1 - p)};
  }
};

}  // namespace

at::Tensor SigmoidRows(const at::Tensor& scores) {
  return RunsOwnLoops(scores) ? SigmoidFunction::apply(scores) : SigmoidRowsByTorch(scores);
}

at::Tensor SigmoidRowsByTorch(const at::Tensor& scores) {
  const at::Tensor unmasked = scores.ne(kMasked<double>).sum(-1, /*keepdim=*/true).clamp_min(1).to(scores.scalar_type());
  return at::sigmoid(scores - unmasked.log());
}

}  // namespace ablate::normalizers
