#include "lib/normalizers/entmax_rows.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <algorithm>
#include <string>
#include <tuple>

#include "absl/status/status.h"
#include "lib/kernels/cpu/entmax_rows.h"
#include "lib/normalizers/rows_of_heads.h"

namespace ablate::normalizers {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

// Rows to a thread; a row's bits do not depend on it.
int64_t GrainSize(int64_t keys) { return std::max<int64_t>(1, (int64_t{1} << 15) / std::max<int64_t>(1, keys)); }

void CheckShapes(const at::Tensor& scores, const at::Tensor& alpha_minus_one) {
  TORCH_CHECK_VALUE(scores.dim() > 0 && alpha_minus_one.sizes() == scores.sizes().slice(0, scores.dim() - 1),
                    "entmax_rows: alpha_minus_one has one number per row of scores ", scores.sizes(), ", not ",
                    alpha_minus_one.sizes());
  TORCH_CHECK_VALUE(scores.scalar_type() == alpha_minus_one.scalar_type(),
                    "entmax_rows: scores and alpha_minus_one differ in type");
}

void CheckOk(const absl::Status& status) { TORCH_CHECK_VALUE(status.ok(), std::string(status.message())); }

// scores [..., K], alpha_minus_one [...].
at::Tensor ForwardOnCpu(const at::Tensor& scores, const at::Tensor& alpha_minus_one) {
  CheckShapes(scores, alpha_minus_one);
  const at::Tensor from = scores.contiguous(), alphas = alpha_minus_one.contiguous();
  at::Tensor probabilities = at::empty_like(from);
  const int64_t keys = scores.size(-1);
  AT_DISPATCH_FLOATING_TYPES(scores.scalar_type(), "entmax_rows", [&] {
    const scalar_t *z = from.const_data_ptr<scalar_t>(), *d = alphas.const_data_ptr<scalar_t>();
    scalar_t* p = probabilities.mutable_data_ptr<scalar_t>();
    at::parallel_for(0, alphas.numel(), GrainSize(keys), [&](int64_t begin, int64_t end) {
      CheckOk(kernels::EntmaxRowsForward(z + begin * keys, d + begin, end - begin, keys, p + begin * keys));
    });
  });
  return probabilities;
}

// probabilities and gradients [..., K], alpha_minus_one [...]; the second result is empty where it is not wanted.
std::tuple<at::Tensor, at::Tensor> BackwardOnCpu(const at::Tensor& probabilities, const at::Tensor& gradients,
                                                 const at::Tensor& alpha_minus_one, bool in_alpha) {
  CheckShapes(probabilities, alpha_minus_one);
  TORCH_CHECK_VALUE(gradients.sizes() == probabilities.sizes(), "entmax_rows: gradients are not like probabilities");
  const at::Tensor from = probabilities.contiguous(), given = gradients.contiguous(), alphas = alpha_minus_one.contiguous();
  at::Tensor score_gradients = at::empty_like(from);
  at::Tensor alpha_gradients = in_alpha ? at::empty_like(alphas) : at::empty({0}, alphas.options());
  const int64_t keys = from.size(-1);
  AT_DISPATCH_FLOATING_TYPES(from.scalar_type(), "entmax_rows", [&] {
    const scalar_t *p = from.const_data_ptr<scalar_t>(), *g = given.const_data_ptr<scalar_t>();
    const scalar_t* d = alphas.const_data_ptr<scalar_t>();
    scalar_t* dz = score_gradients.mutable_data_ptr<scalar_t>();
    scalar_t* dalpha = in_alpha ? alpha_gradients.mutable_data_ptr<scalar_t>() : nullptr;
    at::parallel_for(0, alphas.numel(), GrainSize(keys), [&](int64_t begin, int64_t end) {
      const int64_t at = begin * keys;
      CheckOk(kernels::EntmaxRowsBackward(p + at, g + at, d + begin, end - begin, keys, dz + at,
                                          in_alpha ? dalpha + begin : nullptr));
    });
  });
  return {score_gradients, alpha_gradients};
}

at::Tensor Forward(const at::Tensor& scores, const at::Tensor& alpha_minus_one) {
  static const auto operation = c10::Dispatcher::singleton()
                                    .findSchemaOrThrow("ablate::entmax_rows_forward", "")
                                    .typed<at::Tensor(const at::Tensor&, const at::Tensor&)>();
  return operation.call(scores, alpha_minus_one);
}

std::tuple<at::Tensor, at::Tensor> Backward(const at::Tensor& probabilities, const at::Tensor& gradients,
                                            const at::Tensor& alpha_minus_one, bool in_alpha) {
  static const auto operation =
      c10::Dispatcher::singleton()
          .findSchemaOrThrow("ablate::entmax_rows_backward", "")
          .typed<std::tuple<at::Tensor, at::Tensor>(const at::Tensor&, const at::Tensor&, const at::Tensor&, bool)>();
  return operation.call(probabilities, gradients, alpha_minus_one, in_alpha);
}

struct EntmaxFunction : torch::autograd::Function<EntmaxFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& scores, const at::Tensor& alpha_minus_one) {
    at::AutoDispatchBelowADInplaceOrView guard;
    const at::Tensor probabilities = Forward(scores, alpha_minus_one);
    context->save_for_backward({probabilities, alpha_minus_one});
    return probabilities;
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    TORCH_CHECK_NOT_IMPLEMENTED(!at::GradMode::is_enabled(), "entmax's rows can be differentiated only once");
    at::AutoDispatchBelowADInplaceOrView guard;
    const auto saved = context->get_saved_variables();
    const bool in_alpha = context->needs_input_grad(1);
    const auto [in_scores, in_rows] = Backward(saved[0], gradients[0], saved[1], in_alpha);
    return {in_scores, in_alpha ? in_rows : at::Tensor()};
  }
};

TORCH_LIBRARY(ablate, library) {
  library.def("entmax_rows_forward(Tensor scores, Tensor alpha_minus_one) -> Tensor");
  library.def(
      "entmax_rows_backward(Tensor probabilities, Tensor gradients, Tensor alpha_minus_one, bool in_alpha) -> (Tensor, "
      "Tensor)");
}

// Shapes alone, for tracing.
at::Tensor ForwardOfShapes(const at::Tensor& scores, const at::Tensor& alpha_minus_one) {
  CheckShapes(scores, alpha_minus_one);
  return at::empty_like(scores, at::MemoryFormat::Contiguous);
}

std::tuple<at::Tensor, at::Tensor> BackwardOfShapes(const at::Tensor& probabilities, const at::Tensor&,
                                                    const at::Tensor& alpha_minus_one, bool in_alpha) {
  CheckShapes(probabilities, alpha_minus_one);
  return {at::empty_like(probabilities, at::MemoryFormat::Contiguous),
          in_alpha ? at::empty_like(alpha_minus_one, at::MemoryFormat::Contiguous) : at::empty({0}, alpha_minus_one.options())};
}

TORCH_LIBRARY_IMPL(ablate, CPU, library) {
  library.impl("entmax_rows_forward", ForwardOnCpu);
  library.impl("entmax_rows_backward", BackwardOnCpu);
}

TORCH_LIBRARY_IMPL(ablate, Meta, library) {
  library.impl("entmax_rows_forward", ForwardOfShapes);
  library.impl("entmax_rows_backward", BackwardOfShapes);
}

}  // namespace

at::Tensor EntmaxOfRows(const at::Tensor& scores, const at::Tensor& alpha_minus_one) {
  return EntmaxFunction::apply(scores, alpha_minus_one);
}

at::Tensor EntmaxRows(const at::Tensor& scores, const at::Tensor& alpha_minus_one) {
  return EntmaxOfRows(scores, RowsOfHeads(alpha_minus_one, scores));
}

}  // namespace ablate::normalizers
