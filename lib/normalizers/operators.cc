// The normalizers that are functions of scores, as operators of torch for other programs: docs/operators.md. Each is a
// composition of differentiable parts, so that one registration serves CPU, CUDA, Meta and autograd; the parts with kernels of
// their own are registered in entmax_rows.cc and by the CUDA plugin.
#include <ATen/ExpandUtils.h>
#include <ATen/TensorOperators.h>
#include <ATen/WrapDimUtils.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/full.h>
#include <ATen/ops/movedim.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/library.h>

#include "lib/normalizers/entmax_rows.h"
#include "lib/normalizers/scalable_rows.h"
#include "lib/normalizers/sigmoid_rows.h"
#include "lib/normalizers/sink_rows.h"
#include "lib/normalizers/sinkhorn_matrices.h"
#include "lib/normalizers/top_k_rows.h"

namespace ablate::normalizers {
namespace {

using at::Tensor;

void CheckScores(const Tensor& scores) {
  TORCH_CHECK_VALUE(scores.dim() > 0, "scores have no dimension; at least one is needed");
  TORCH_CHECK_TYPE(at::isFloatingType(scores.scalar_type()), "scores are ", scores.scalar_type(),
                   "; allowed are float, double, half and bfloat16");
}

// Narrow types are computed in float.
at::ScalarType TypeInside(const Tensor& scores) { return scores.scalar_type() == at::kDouble ? at::kDouble : at::kFloat; }

// `function` of the rows [..., K] that lie along `dim`, back in the shape and type of scores.
template <class Function>
Tensor AlongDimensionAs(at::ScalarType type, const Tensor& scores, int64_t dim, const Function& function) {
  CheckScores(scores);
  const int64_t place = at::maybe_wrap_dim(dim, scores.dim());
  if (scores.numel() == 0) return at::zeros_like(scores);
  const Tensor rows = at::movedim(scores, place, -1).to(type).contiguous();
  return at::movedim(function(rows), -1, place).to(scores.scalar_type()).contiguous();
}

template <class Function>
Tensor AlongDimension(const Tensor& scores, int64_t dim, const Function& function) {
  return AlongDimensionAs(TypeInside(scores), scores, dim, function);
}

// `kernel` widens bfloat16 on the CPU as it reads it: no copy in float.
template <class Kernel>
Tensor ByKernel(const Tensor& scores, int64_t dim, const Kernel& kernel) {
  const bool widens = scores.is_cpu() && scores.scalar_type() == at::kBFloat16;
  return AlongDimensionAs(widens ? at::kBFloat16 : TypeInside(scores), scores, dim, kernel);
}

// One number per row: `parameter` broadcast against scores' shape without dim, in the type they are computed in and on their
// device. As in the public entmax package it may also have scores' rank, with size 1 along dim: `dim` is its place then.
Tensor PerRow(const Tensor& parameter, const Tensor& rows, int64_t dim, const char* name) {
  const int64_t place = at::maybe_wrap_dim(dim, rows.dim());
  const bool has_rank = parameter.dim() == rows.dim() && parameter.size(place) == 1;
  const Tensor numbers = has_rank ? parameter.squeeze(place) : parameter;
  const auto shape = rows.sizes().slice(0, rows.dim() - 1);
  TORCH_CHECK_VALUE(at::is_expandable_to(numbers.sizes(), shape), name, " ", parameter.sizes(),
                    " does not broadcast against the shape of scores without dim, ", shape);
  return numbers.to(rows.device(), TypeInside(rows)).expand(shape).contiguous();
}

Tensor Constant(double value, const Tensor& rows) {
  return at::full(rows.sizes().slice(0, rows.dim() - 1), value, rows.options().dtype(TypeInside(rows)).requires_grad(false));
}

Tensor Entmax(const Tensor& scores, const Tensor& alpha, int64_t dim) {
  // Exact in any type: alpha is in [1, 2].
  return ByKernel(scores, dim, [&](const Tensor& rows) { return EntmaxOfRows(rows, PerRow(alpha - 1, rows, dim, "alpha")); });
}

Tensor EntmaxOfNumber(const Tensor& scores, double alpha, int64_t dim) {
  return ByKernel(scores, dim, [&](const Tensor& rows) { return EntmaxOfRows(rows, Constant(alpha - 1, rows)); });
}

Tensor Softmax(const Tensor& scores, int64_t dim) { return EntmaxOfNumber(scores, 1, dim); }

Tensor Sparsemax(const Tensor& scores, int64_t dim) { return EntmaxOfNumber(scores, 2, dim); }

Tensor Sparsegen(const Tensor& scores, double lambda, int64_t dim) {
  TORCH_CHECK_VALUE(lambda < 1, "lambda is ", lambda, "; allowed is below 1");
  return AlongDimension(scores, dim, [&](const Tensor& rows) { return EntmaxOfRows(rows / (1 - lambda), Constant(1, rows)); });
}

Tensor TopKSoftmax(const Tensor& scores, int64_t k, int64_t dim) {
  TORCH_CHECK_VALUE(k >= 1, "k is ", k, "; allowed is 1 and more");
  return ByKernel(scores, dim, [&](const Tensor& rows) {
    return TopKSoftmaxRows(rows, at::full({}, k, rows.options().dtype(at::kLong).requires_grad(false)));
  });
}

Tensor SoftmaxPlusOne(const Tensor& scores, int64_t dim) {
  return AlongDimension(scores, dim, [](const Tensor& rows) { return SinkRows(rows, Constant(0, rows)); });
}

Tensor SoftmaxSink(const Tensor& scores, const Tensor& sink, int64_t dim) {
  return AlongDimension(scores, dim, [&](const Tensor& rows) { return SinkRows(rows, PerRow(sink, rows, dim, "sink")); });
}

Tensor ScalableSoftmax(const Tensor& scores, const Tensor& scale, int64_t dim) {
  return AlongDimension(scores, dim, [&](const Tensor& rows) {
    return EntmaxOfRows(ScalableRows(rows, PerRow(scale, rows, dim, "scale")), Constant(0, rows));
  });
}

Tensor Sigmoid(const Tensor& scores, int64_t dim) { return AlongDimension(scores, dim, SigmoidRows); }

Tensor Sinkhorn(const Tensor& scores, int64_t rounds) {
  CheckScores(scores);
  TORCH_CHECK_VALUE(scores.dim() >= 2, "scores must be [..., queries, keys], not ", scores.sizes());
  TORCH_CHECK_VALUE(rounds >= 0, "rounds is ", rounds, "; allowed is 0 and more");
  if (scores.numel() == 0) return at::zeros_like(scores);
  return SinkhornMatrices(scores.to(TypeInside(scores)).unsqueeze(0), {rounds}).squeeze(0).to(scores.scalar_type());
}

TORCH_LIBRARY_FRAGMENT(ablate, library) {
  library.def("entmax(Tensor scores, Tensor alpha, int dim=-1) -> Tensor", Entmax);
  library.def("entmax.number(Tensor scores, float alpha, int dim=-1) -> Tensor", EntmaxOfNumber);
  library.def("scalable_softmax(Tensor scores, Tensor scale, int dim=-1) -> Tensor", ScalableSoftmax);
  library.def("sigmoid(Tensor scores, int dim=-1) -> Tensor", Sigmoid);
  library.def("sinkhorn(Tensor scores, int rounds=2) -> Tensor", Sinkhorn);
  library.def("softmax(Tensor scores, int dim=-1) -> Tensor", Softmax);
  library.def("softmax_plus_one(Tensor scores, int dim=-1) -> Tensor", SoftmaxPlusOne);
  library.def("softmax_sink(Tensor scores, Tensor sink, int dim=-1) -> Tensor", SoftmaxSink);
  library.def("sparsegen(Tensor scores, float lambda_, int dim=-1) -> Tensor", Sparsegen);
  library.def("sparsemax(Tensor scores, int dim=-1) -> Tensor", Sparsemax);
  library.def("top_k_softmax(Tensor scores, int k, int dim=-1) -> Tensor", TopKSoftmax);
}

}  // namespace
}  // namespace ablate::normalizers
