// The layers of layers.h as compositions of torch's operators: what other devices than the CPU run, and what the tests hold the
// CPU's own loops against. Same shapes; any floating type; torch's reductions, so no promise about bits.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "lib/models/layers.h"

namespace ablate::models::device {

at::Tensor Linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, bool bf16);
at::Tensor Activate(const at::Tensor& x, Activation activation);
at::Tensor LayerNorm(const at::Tensor& x, const at::Tensor& residual, const at::Tensor& weight, const at::Tensor& bias,
                     double epsilon = 1e-12);
at::Tensor Embed(const at::Tensor& tokens, const at::Tensor& words, const at::Tensor& positions);
// keep [T, N, D] uint8 and scales [T] f32, on the CPU.
at::Tensor Dropout(const at::Tensor& x, const at::Tensor& keep, const at::Tensor& scales);
// learned [T] bool, fixed [T] f32, and clamped [T] bool (undefined: nowhere), on the CPU.
at::Tensor AlphaMinusOne(const at::Tensor& raw, const at::Tensor& learned, const at::Tensor& fixed,
                         const at::Tensor& clamped = {});
at::Tensor CrossEntropy(const at::Tensor& logits, const at::Tensor& labels, const std::vector<double>& smoothing = {});

}  // namespace ablate::models::device
