#include "lib/models/device_layers.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

namespace ablate::models::device {

using at::Tensor;

Tensor Linear(const Tensor& x, const Tensor& weight, const Tensor& bias, bool bf16) {
  const Tensor product = bf16 ? at::bmm(x.to(at::kBFloat16), weight.to(at::kBFloat16)).to(x.scalar_type()) : at::bmm(x, weight);
  return product + bias.unsqueeze(1);
}

Tensor Activate(const Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::kGelu:
      return at::gelu(x);
    case Activation::kRelu:
      return at::relu(x);
    case Activation::kTanhGelu:
      return at::gelu(x, "tanh");
    case Activation::kTanh:
      break;
  }
  return at::tanh(x);
}

Tensor LayerNorm(const Tensor& x, const Tensor& residual, const Tensor& weight, const Tensor& bias, double epsilon) {
  const Tensor sum = residual.defined() ? x + residual : x;
  return at::layer_norm(sum, {x.size(2)}, {}, {}, epsilon) * weight.unsqueeze(1) + bias.unsqueeze(1);
}

Tensor Embed(const Tensor& tokens, const Tensor& words, const Tensor& positions) {
  const int64_t trials = tokens.size(0), length = tokens.size(2), vocabulary = words.size(1), width = words.size(2);
  const Tensor first = at::arange(trials, tokens.options()).mul(vocabulary).view({trials, 1, 1});
  const Tensor rows = at::index_select(words.reshape({trials * vocabulary, width}), 0, (tokens + first).reshape({-1}));
  return rows.view({trials, tokens.size(1), length, width}) + positions.narrow(1, 0, length).unsqueeze(1);
}

Tensor Dropout(const Tensor& x, const Tensor& keep, const Tensor& scales) {
  const Tensor scaled = x * scales.to(x.device(), x.scalar_type()).view({-1, 1, 1});
  return at::where(keep.to(x.device(), at::kBool), scaled, at::zeros_like(scaled));
}

Tensor AlphaMinusOne(const Tensor& raw, const Tensor& learned, const Tensor& fixed, const Tensor& clamped) {
  const Tensor others = fixed.to(raw.device(), raw.scalar_type()).unsqueeze(1).expand_as(raw);
  Tensor own = at::sigmoid(raw);
  // Training brings what left [0, 1] back after each step (KindAttention::Clamp), so the ends need no gradient of their own.
  if (clamped.defined()) own = at::where(clamped.to(raw.device()).unsqueeze(1), raw.clamp(0, 1), own);
  return at::where(learned.to(raw.device()).unsqueeze(1), own, others);
}

Tensor CrossEntropy(const Tensor& logits, const Tensor& labels, const std::vector<double>& smoothing) {
  const Tensor logs = at::log_softmax(logits, 2);
  const Tensor losses = -logs.gather(2, labels.unsqueeze(2)).squeeze(2).mean(1);
  if (smoothing.empty()) return losses;
  const Tensor spread = at::tensor(smoothing, at::kDouble).to(logits.device(), logits.scalar_type());
  return (1 - spread) * losses - spread * logs.mean({1, 2});
}

}  // namespace ablate::models::device
