#include "lib/normalizers/top_k_rows.h"

#include <ATen/Parallel.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "lib/kernels/cpu/top_k_rows.h"
#include "lib/normalizers/entmax_rows.h"
#include "lib/normalizers/highest_scores.h"
#include "lib/normalizers/row_kernels.h"

namespace ablate::normalizers {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

at::IntArrayRef ShapeOfRows(const at::Tensor& scores) { return scores.sizes().slice(0, scores.dim() - 1); }

void CheckForward(const at::Tensor& scores, const at::Tensor& kept) {
  TORCH_CHECK_VALUE(scores.dim() > 0 && kept.sizes() == ShapeOfRows(scores) && kept.scalar_type() == at::kLong,
                    "top_k_softmax_rows: kept has one int64 per row of scores ", scores.sizes(), ", not ", kept.sizes(), " ",
                    kept.scalar_type());
}

void CheckBackward(const at::Tensor& probabilities, const at::Tensor& gradients) {
  TORCH_CHECK_VALUE(gradients.dim() > 0 && gradients.sizes() == probabilities.sizes() &&
                        probabilities.scalar_type() == ComputedType(gradients.scalar_type()),
                    "top_k_softmax_rows: gradients are not like probabilities");
}

at::Tensor Like(const at::Tensor& scores) {
  return at::empty_like(scores, scores.options().dtype(ComputedType(scores.scalar_type())), at::MemoryFormat::Contiguous);
}

// scores [..., K], kept [...].
at::Tensor ForwardOnCpu(const at::Tensor& scores, const at::Tensor& kept) {
  CheckForward(scores, kept);
  const at::Tensor from = scores.contiguous(), counts = kept.contiguous(), probabilities = Like(scores);
  const int64_t keys = scores.size(-1);
  WithScore(scores.scalar_type(), [&](auto score) {
    using Score = decltype(score);
    const Score* z = PointerTo<Score>(from);
    const int64_t* k = PointerTo<int64_t>(counts);
    auto* p = MutablePointerTo<kernels::Computed<Score>>(probabilities);
    at::parallel_for(0, counts.numel(), GrainSize(keys), [&](int64_t begin, int64_t end) {
      CheckOk(kernels::TopKSoftmaxRowsForward(z + begin * keys, k + begin, end - begin, keys, p + begin * keys));
    });
  });
  return probabilities;
}

at::Tensor BackwardOnCpu(const at::Tensor& probabilities, const at::Tensor& gradients) {
  CheckBackward(probabilities, gradients);
  const at::Tensor from = probabilities.contiguous(), given = gradients.contiguous(), score_gradients = at::empty_like(given);
  const int64_t keys = from.size(-1), rows = keys == 0 ? 0 : from.numel() / keys;
  WithScore(given.scalar_type(), [&](auto score) {
    using Score = decltype(score);
    const auto* p = PointerTo<kernels::Computed<Score>>(from);
    const Score* g = PointerTo<Score>(given);
    Score* dz = MutablePointerTo<Score>(score_gradients);
    at::parallel_for(0, rows, GrainSize(keys), [&](int64_t begin, int64_t end) {
      const int64_t at = begin * keys;
      CheckOk(kernels::TopKSoftmaxRowsBackward(p + at, g + at, end - begin, keys, dz + at));
    });
  });
  return score_gradients;
}

// Shapes alone, for tracing.
at::Tensor ForwardOfShapes(const at::Tensor& scores, const at::Tensor& kept) {
  CheckForward(scores, kept);
  return Like(scores);
}

at::Tensor BackwardOfShapes(const at::Tensor& probabilities, const at::Tensor& gradients) {
  CheckBackward(probabilities, gradients);
  return at::empty_like(gradients, at::MemoryFormat::Contiguous);
}

at::Tensor Call(const char* name, const at::Tensor& first, const at::Tensor& second) {
  return c10::Dispatcher::singleton()
      .findSchemaOrThrow(name, "")
      .typed<at::Tensor(const at::Tensor&, const at::Tensor&)>()
      .call(first, second);
}

struct TopKFunction : torch::autograd::Function<TopKFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& scores, const at::Tensor& kept) {
    at::AutoDispatchBelowADInplaceOrView guard;
    const at::Tensor probabilities = Call("ablate::top_k_softmax_rows_forward", scores, kept);
    context->save_for_backward({probabilities});
    return RoundedTo(scores.scalar_type(), probabilities);
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    TORCH_CHECK_NOT_IMPLEMENTED(!at::GradMode::is_enabled(), "top-k softmax's rows can be differentiated only once");
    at::AutoDispatchBelowADInplaceOrView guard;
    return {Call("ablate::top_k_softmax_rows_backward", context->get_saved_variables()[0], gradients[0]), at::Tensor()};
  }
};

TORCH_LIBRARY_FRAGMENT(ablate, library) {
  library.def("top_k_softmax_rows_forward(Tensor scores, Tensor kept) -> Tensor");
  library.def("top_k_softmax_rows_backward(Tensor probabilities, Tensor gradients) -> Tensor");
}

TORCH_LIBRARY_IMPL(ablate, CPU, library) {
  library.impl("top_k_softmax_rows_forward", ForwardOnCpu);
  library.impl("top_k_softmax_rows_backward", BackwardOnCpu);
}

TORCH_LIBRARY_IMPL(ablate, Meta, library) {
  library.impl("top_k_softmax_rows_forward", ForwardOfShapes);
  library.impl("top_k_softmax_rows_backward", BackwardOfShapes);
}

}  // namespace

at::Tensor TopKSoftmaxRows(const at::Tensor& scores, const at::Tensor& kept) {
  if (!scores.is_cpu() && !scores.is_meta()) return TopKSoftmaxRowsByMasking(scores, kept);
  return TopKFunction::apply(scores, kept.expand(ShapeOfRows(scores)));
}

// Gradients pass the masking as they are: softmax gives exactly 0 to masked keys.
at::Tensor TopKSoftmaxRowsByMasking(const at::Tensor& scores, const at::Tensor& kept) {
  at::Tensor masked = scores.clone(at::MemoryFormat::Contiguous);
  KeepHighest(kept, masked);
  return EntmaxOfRows(masked, at::zeros(ShapeOfRows(scores), scores.options().requires_grad(false)));
}

}  // namespace ablate::normalizers
