// Registers the kernels for CUDA tensors of the operators that lib/normalizers/entmax_rows.cc defines. A plugin: the worker
// opens it at run time, so that nothing else needs CUDA.
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <torch/library.h>

#include <tuple>

#include "lib/kernels/cuda/entmax_rows.cuh"

namespace ablate::kernels::cuda {
namespace {

void CheckShapes(const at::Tensor& scores, const at::Tensor& alpha_minus_one) {
  TORCH_CHECK_VALUE(scores.dim() > 0 && alpha_minus_one.sizes() == scores.sizes().slice(0, scores.dim() - 1),
                    "entmax_rows: alpha_minus_one has one number per row of scores ", scores.sizes(), ", not ",
                    alpha_minus_one.sizes());
  TORCH_CHECK_VALUE(scores.scalar_type() == at::kFloat && alpha_minus_one.scalar_type() == at::kFloat,
                    "entmax_rows: on CUDA float alone is there, not ", scores.scalar_type());
  TORCH_CHECK_VALUE(scores.size(-1) <= kMaxKeys, "entmax_rows: ", scores.size(-1), " keys; on CUDA at most ", kMaxKeys);
}

at::Tensor Forward(const at::Tensor& scores, const at::Tensor& alpha_minus_one) {
  CheckShapes(scores, alpha_minus_one);
  const c10::cuda::CUDAGuard guard(scores.device());
  const at::Tensor from = scores.contiguous(), alphas = alpha_minus_one.contiguous();
  at::Tensor probabilities = at::empty_like(from);
  if (from.numel() == 0) return probabilities;
  const ForwardRows rows{from.const_data_ptr<float>(), alphas.const_data_ptr<float>(), alphas.numel(),
                         static_cast<int>(from.size(-1)), probabilities.mutable_data_ptr<float>()};
  TORCH_CHECK(EntmaxRowsForward(rows, c10::cuda::getCurrentCUDAStream()), "entmax_rows: ", rows.rows, " rows are too many");
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  return probabilities;
}

std::tuple<at::Tensor, at::Tensor> Backward(const at::Tensor& probabilities, const at::Tensor& gradients,
                                            const at::Tensor& alpha_minus_one, bool in_alpha) {
  CheckShapes(probabilities, alpha_minus_one);
  TORCH_CHECK_VALUE(gradients.sizes() == probabilities.sizes() && gradients.scalar_type() == at::kFloat,
                    "entmax_rows: gradients are not like probabilities");
  const c10::cuda::CUDAGuard guard(probabilities.device());
  const at::Tensor from = probabilities.contiguous(), given = gradients.contiguous(), alphas = alpha_minus_one.contiguous();
  at::Tensor score_gradients = at::empty_like(from);
  at::Tensor alpha_gradients = in_alpha ? at::empty_like(alphas) : at::empty({0}, alphas.options());
  if (from.numel() == 0) return {score_gradients, alpha_gradients.zero_()};
  const BackwardRows rows{from.const_data_ptr<float>(),
                          given.const_data_ptr<float>(),
                          alphas.const_data_ptr<float>(),
                          alphas.numel(),
                          static_cast<int>(from.size(-1)),
                          score_gradients.mutable_data_ptr<float>(),
                          in_alpha ? alpha_gradients.mutable_data_ptr<float>() : nullptr};
  TORCH_CHECK(EntmaxRowsBackward(rows, c10::cuda::getCurrentCUDAStream()), "entmax_rows: ", rows.rows, " rows are too many");
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  return {score_gradients, alpha_gradients};
}

TORCH_LIBRARY_IMPL(ablate, CUDA, library) {
  library.impl("entmax_rows_forward", Forward);
  library.impl("entmax_rows_backward", Backward);
}

}  // namespace
}  // namespace ablate::kernels::cuda
