// Registers the kernels as operators of torch for CUDA tensors: entmax_rows_forward and entmax_rows_backward, which
// lib/normalizers/entmax_rows.cc defines, and those that are for CUDA only. A plugin: the worker opens it at run time, so that
// nothing else needs CUDA.
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <torch/library.h>

#include <optional>
#include <tuple>

#include "lib/kernels/cuda/rows.h"

namespace ablate::kernels::cuda {
namespace {

using at::Tensor;

// Calls run(T()) for the type of the rows.
template <class Run>
void WithType(at::ScalarType type, Run run) {
  switch (type) {
    case at::kFloat:
      return run(float());
    case at::kBFloat16:
      return run(__nv_bfloat16());
    case at::kDouble:
      return run(double());
    default:
      TORCH_CHECK_TYPE(false, "rows of ", type, "; allowed on CUDA are float, bfloat16 and double");
  }
}

at::ScalarType TypeInside(const Tensor& rows) { return rows.scalar_type() == at::kDouble ? at::kDouble : at::kFloat; }

// [..., keys] -> [...]
at::IntArrayRef ShapeOfRows(const Tensor& rows) { return rows.sizes().slice(0, rows.dim() - 1); }

void CheckTensor(const char* name, const Tensor& tensor, at::IntArrayRef shape, at::ScalarType type, const Tensor& rows) {
  TORCH_CHECK_VALUE(tensor.sizes() == shape && tensor.scalar_type() == type && tensor.device() == rows.device(), name, " is ",
                    tensor.sizes(), " ", tensor.scalar_type(), " on ", tensor.device(), "; it must be ", shape, " ", type,
                    " on ", rows.device());
}

void CheckAlphas(const Tensor& alpha_minus_one, const Tensor& rows) {
  TORCH_CHECK_VALUE(rows.dim() > 0, "rows must be [..., keys]");
  CheckTensor("alpha_minus_one", alpha_minus_one, ShapeOfRows(rows), TypeInside(rows), rows);
}

void CheckLaunched(bool launched, const Tensor& rows) {
  TORCH_CHECK_VALUE(launched, "rows of ", rows.sizes(), ": too many, or too long; on CUDA at most ", kMaxRows, " rows of ",
                    kMaxKeys, " keys");
  C10_CUDA_KERNEL_LAUNCH_CHECK();
}

template <class T>
const T* Pointer(const Tensor& tensor) {
  return tensor.defined() ? static_cast<const T*>(tensor.const_data_ptr()) : nullptr;
}
template <class T>
T* MutablePointer(const Tensor& tensor) {
  return tensor.defined() ? static_cast<T*>(tensor.mutable_data_ptr()) : nullptr;
}

Tensor Contiguous(const std::optional<Tensor>& tensor) { return tensor.has_value() ? tensor->contiguous() : Tensor(); }

// What there is beside scores and alphas; contiguous.
struct Extras {
  double scale = 1;
  Tensor key_valid, query_valid, kept;  // undefined: all
  bool causal = false;
  bool want_states = false;
};

Masking MaskingOf(const Extras& extras, const Tensor& scores) {
  Masking masking;
  if (!extras.key_valid.defined() && !extras.query_valid.defined() && !extras.causal) return masking;
  masking.keys = Pointer<bool>(extras.key_valid);
  masking.queries = Pointer<bool>(extras.query_valid);
  masking.queries_per_head = static_cast<int>(scores.size(-2));
  masking.rows_per_block = scores.size(-3) * scores.size(-2);
  masking.causal = extras.causal;
  return masking;
}

// Probabilities and, if they are wanted, the rows' states.
std::tuple<Tensor, Tensor> Forward(const Tensor& scores, const Tensor& alpha_minus_one, const Extras& extras) {
  CheckAlphas(alpha_minus_one, scores);
  const c10::cuda::CUDAGuard guard(scores.device());
  const Tensor from = scores.contiguous(), alphas = alpha_minus_one.contiguous(), probabilities = at::empty_like(from);
  Tensor states;
  if (extras.want_states) states = at::empty({alphas.numel(), kStateSize}, alphas.options());
  if (from.numel() == 0) return {probabilities, states};
  WithType(from.scalar_type(), [&](auto type) {
    using T = decltype(type);
    ForwardRows<T> rows{Pointer<T>(from), Pointer<Real<T>>(alphas), alphas.numel(), static_cast<int>(from.size(-1)),
                        MutablePointer<T>(probabilities)};
    rows.states = MutablePointer<Real<T>>(states);
    rows.scale = static_cast<Real<T>>(extras.scale);
    rows.masking = MaskingOf(extras, from);
    rows.kept = Pointer<int64_t>(extras.kept);
    CheckLaunched(EntmaxRowsForward(rows, c10::cuda::getCurrentCUDAStream()), from);
  });
  return {probabilities, states};
}

// What the forward pass leaves for bf16; undefined for the other types.
struct Saved {
  Tensor scores, states;
  double scale = 1;
};

std::tuple<Tensor, Tensor> Backward(const Tensor& probabilities, const Tensor& gradients, const Tensor& alpha_minus_one,
                                    const Saved& saved, bool in_alpha) {
  CheckAlphas(alpha_minus_one, probabilities);
  CheckTensor("gradients", gradients, probabilities.sizes(), probabilities.scalar_type(), probabilities);
  TORCH_CHECK_VALUE(probabilities.scalar_type() != at::kBFloat16 || (saved.scores.defined() && saved.states.defined()),
                    "gradients of rows of bfloat16 need the forward pass's scores and states");
  const c10::cuda::CUDAGuard guard(probabilities.device());
  const Tensor from = probabilities.contiguous(), given = gradients.contiguous(), alphas = alpha_minus_one.contiguous();
  const Tensor score_gradients = at::empty_like(from);
  const Tensor alpha_gradients = in_alpha ? at::empty_like(alphas) : at::empty({0}, alphas.options());
  if (from.numel() == 0) return {score_gradients, alpha_gradients.zero_()};
  WithType(from.scalar_type(), [&](auto type) {
    using T = decltype(type);
    BackwardRows<T> rows{Pointer<T>(from),
                         Pointer<T>(given),
                         Pointer<Real<T>>(alphas),
                         alphas.numel(),
                         static_cast<int>(from.size(-1)),
                         MutablePointer<T>(score_gradients)};
    if (in_alpha) rows.alpha_gradients = MutablePointer<Real<T>>(alpha_gradients);
    rows.scale = static_cast<Real<T>>(saved.scale);
    rows.scores = Pointer<T>(saved.scores);
    rows.states = Pointer<Real<T>>(saved.states);
    CheckLaunched(EntmaxRowsBackward(rows, c10::cuda::getCurrentCUDAStream()), from);
  });
  return {score_gradients, alpha_gradients};
}

Tensor PlainForward(const Tensor& scores, const Tensor& alpha_minus_one) {
  return std::get<0>(Forward(scores, alpha_minus_one, {}));
}

std::tuple<Tensor, Tensor> PlainBackward(const Tensor& probabilities, const Tensor& gradients, const Tensor& alpha_minus_one,
                                         bool in_alpha) {
  return Backward(probabilities, gradients, alpha_minus_one, {}, in_alpha);
}

std::tuple<Tensor, Tensor> FusedForward(const Tensor& scores, const Tensor& alpha_minus_one, double scale,
                                        const std::optional<Tensor>& key_valid, const std::optional<Tensor>& query_valid,
                                        bool causal, const std::optional<Tensor>& kept) {
  TORCH_CHECK_VALUE(scores.dim() >= 3, "scores must be [..., heads, queries, keys], not ", scores.sizes());
  TORCH_CHECK_VALUE(scale > 0, "scale is ", scale, "; it must be positive");
  auto blocks = scores.sizes().slice(0, scores.dim() - 3).vec();
  blocks.push_back(scores.size(-1));
  if (key_valid.has_value()) CheckTensor("key_valid", *key_valid, blocks, at::kBool, scores);
  blocks.back() = scores.size(-2);
  if (query_valid.has_value()) CheckTensor("query_valid", *query_valid, blocks, at::kBool, scores);
  if (kept.has_value()) CheckTensor("kept", *kept, ShapeOfRows(scores), at::kLong, scores);
  const Extras extras{scale, Contiguous(key_valid), Contiguous(query_valid), Contiguous(kept), causal, /*want_states=*/true};
  return Forward(scores, alpha_minus_one, extras);
}

std::tuple<Tensor, Tensor> FusedBackward(const Tensor& probabilities, const Tensor& gradients, const Tensor& alpha_minus_one,
                                         const Tensor& scores, const Tensor& states, double scale, bool in_alpha) {
  CheckTensor("scores", scores, probabilities.sizes(), probabilities.scalar_type(), probabilities);
  CheckTensor("states", states, {alpha_minus_one.numel(), kStateSize}, TypeInside(probabilities), probabilities);
  return Backward(probabilities, gradients, alpha_minus_one, {scores.contiguous(), states.contiguous(), scale}, in_alpha);
}

void KeepHighest(Tensor& scores, const Tensor& kept) {
  CheckTensor("kept", kept, ShapeOfRows(scores), at::kLong, scores);
  TORCH_CHECK_VALUE(scores.is_contiguous(), "keep_highest_rows_ changes contiguous scores only");
  if (scores.numel() == 0) return;
  const c10::cuda::CUDAGuard guard(scores.device());
  const Tensor counts = kept.contiguous();
  WithType(scores.scalar_type(), [&](auto type) {
    using T = decltype(type);
    CheckLaunched(KeepHighestRows(MutablePointer<T>(scores), Pointer<int64_t>(counts), counts.numel(),
                                  static_cast<int>(scores.size(-1)), c10::cuda::getCurrentCUDAStream()),
                  scores);
  });
}

// scores [..., heads, queries, keys], raw; key_valid [..., keys], query_valid [..., queries]; kept int64 and alpha_minus_one
// [..., heads, queries]. The states are for the backward pass, which gives gradients in the raw scores and in alpha.
TORCH_LIBRARY_FRAGMENT(ablate, library) {
  library.def(
      "fused_rows_forward(Tensor scores, Tensor alpha_minus_one, float scale, Tensor? key_valid, Tensor? query_valid, bool "
      "causal, Tensor? kept) -> (Tensor probabilities, Tensor states)");
  library.def(
      "fused_rows_backward(Tensor probabilities, Tensor gradients, Tensor alpha_minus_one, Tensor scores, Tensor states, float "
      "scale, bool in_alpha) -> (Tensor, Tensor)");
  library.def("keep_highest_rows_(Tensor(a!) scores, Tensor kept) -> ()");
}

TORCH_LIBRARY_IMPL(ablate, CUDA, library) {
  library.impl("entmax_rows_forward", PlainForward);
  library.impl("entmax_rows_backward", PlainBackward);
  library.impl("fused_rows_forward", FusedForward);
  library.impl("fused_rows_backward", FusedBackward);
  library.impl("keep_highest_rows_", KeepHighest);
}

}  // namespace
}  // namespace ablate::kernels::cuda
