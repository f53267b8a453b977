#include "lib/normalizers/entmax_rows.h"

#include <ATen/Parallel.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <tuple>

#include "lib/kernels/cpu/entmax_rows.h"
#include "lib/normalizers/row_kernels.h"
#include "lib/normalizers/rows_of_heads.h"

namespace ablate::normalizers {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

// Of scores, or of the gradients in them: the type that decides the others'.
void CheckShapes(const at::Tensor& rows, const at::Tensor& alpha_minus_one, at::ScalarType type) {
  TORCH_CHECK_VALUE(rows.dim() > 0 && alpha_minus_one.sizes() == rows.sizes().slice(0, rows.dim() - 1),
                    "entmax_rows: alpha_minus_one has one number per row of scores ", rows.sizes(), ", not ",
                    alpha_minus_one.sizes());
  TORCH_CHECK_VALUE(alpha_minus_one.scalar_type() == ComputedType(type), "entmax_rows: scores are ", type,
                    " and alpha_minus_one is ", alpha_minus_one.scalar_type(), "; it must be ", ComputedType(type));
}

void CheckBackward(const at::Tensor& probabilities, const at::Tensor& gradients, const at::Tensor& alpha_minus_one) {
  CheckShapes(probabilities, alpha_minus_one, gradients.scalar_type());
  TORCH_CHECK_VALUE(
      gradients.sizes() == probabilities.sizes() && probabilities.scalar_type() == ComputedType(gradients.scalar_type()),
      "entmax_rows: gradients are not like probabilities");
}

// scores [..., K], alpha_minus_one [...].
at::Tensor ForwardOnCpu(const at::Tensor& scores, const at::Tensor& alpha_minus_one) {
  CheckShapes(scores, alpha_minus_one, scores.scalar_type());
  const at::Tensor from = scores.contiguous(), alphas = alpha_minus_one.contiguous();
  const at::Tensor probabilities = at::empty_like(from, alphas.options());
  const int64_t keys = scores.size(-1);
  WithScore(scores.scalar_type(), [&](auto score) {
    using Score = decltype(score);
    using Real = kernels::Computed<Score>;
    const Score* z = PointerTo<Score>(from);
    const Real* d = PointerTo<Real>(alphas);
    Real* p = MutablePointerTo<Real>(probabilities);
    at::parallel_for(0, alphas.numel(), GrainSize(keys), [&](int64_t begin, int64_t end) {
      CheckOk(kernels::EntmaxRowsForward(z + begin * keys, d + begin, end - begin, keys, p + begin * keys));
    });
  });
  return probabilities;
}

// probabilities and gradients [..., K], alpha_minus_one [...]; the second result is empty where it is not wanted.
std::tuple<at::Tensor, at::Tensor> BackwardOnCpu(const at::Tensor& probabilities, const at::Tensor& gradients,
                                                 const at::Tensor& alpha_minus_one, bool in_alpha) {
  CheckBackward(probabilities, gradients, alpha_minus_one);
  const at::Tensor from = probabilities.contiguous(), given = gradients.contiguous(), alphas = alpha_minus_one.contiguous();
  at::Tensor score_gradients = at::empty_like(given);
  at::Tensor alpha_gradients = in_alpha ? at::empty_like(alphas) : at::empty({0}, alphas.options());
  const int64_t keys = from.size(-1);
  WithScore(given.scalar_type(), [&](auto score) {
    using Score = decltype(score);
    using Real = kernels::Computed<Score>;
    const Real *p = PointerTo<Real>(from), *d = PointerTo<Real>(alphas);
    const Score* g = PointerTo<Score>(given);
    Score* dz = MutablePointerTo<Score>(score_gradients);
    Real* dalpha = in_alpha ? MutablePointerTo<Real>(alpha_gradients) : nullptr;
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
    return RoundedTo(scores.scalar_type(), probabilities);
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
  CheckShapes(scores, alpha_minus_one, scores.scalar_type());
  return at::empty_like(scores, alpha_minus_one.options(), at::MemoryFormat::Contiguous);
}

std::tuple<at::Tensor, at::Tensor> BackwardOfShapes(const at::Tensor& probabilities, const at::Tensor& gradients,
                                                    const at::Tensor& alpha_minus_one, bool in_alpha) {
  CheckBackward(probabilities, gradients, alpha_minus_one);
  return {at::empty_like(gradients, at::MemoryFormat::Contiguous),
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
