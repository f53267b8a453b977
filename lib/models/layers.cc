#include "lib/models/layers.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "lib/models/device_layers.h"
#include "lib/models/dropout_mask.h"
#include "lib/models/products.h"
#include "lib/models/row_kernels.h"

namespace ablate::models {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::tensor_list;

const float* Data(const Tensor& t) { return t.const_data_ptr<float>(); }
float* Mutable(const Tensor& t) { return t.mutable_data_ptr<float>(); }

struct LinearOnCpu : Function<LinearOnCpu> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight, const Tensor& bias, bool bf16) {
    context->save_for_backward({x, weight});
    context->saved_data["bf16"] = bf16;
    const Tensor y = Product(x, weight, bf16);
    const Tensor own_bias = bias.contiguous();
    const int64_t rows = y.size(1), width = y.size(2);
    for (int64_t t = 0; t < y.size(0); ++t) AddToRows(Data(own_bias) + t * width, rows, width, Mutable(y) + t * rows * width);
    return y;
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    const tensor_list saved = context->get_saved_variables();
    const bool bf16 = context->saved_data["bf16"].toBool();
    const Tensor gradient = gradients[0].contiguous();
    const int64_t trials = gradient.size(0), rows = gradient.size(1), width = gradient.size(2);
    const Tensor bias_gradient = at::empty({trials, width}, gradient.options());
    for (int64_t t = 0; t < trials; ++t) {
      SumRows(Data(gradient) + t * rows * width, rows, width, Mutable(bias_gradient) + t * width);
    }
    Tensor x_gradient;
    if (context->needs_input_grad(0)) x_gradient = Product(gradient, saved[1].transpose(1, 2), bf16);
    return {x_gradient, Product(saved[0].transpose(1, 2), gradient, bf16), bias_gradient, Tensor()};
  }
};

using ActivationLoop = void (*)(const float* x, int64_t n, float* y, float* slope);

ActivationLoop LoopOf(Activation activation) {
  switch (activation) {
    case Activation::kGelu:
      return GeluForward;
    case Activation::kRelu:
      return ReluForward;
    case Activation::kTanhGelu:
      return TanhGeluForward;
    case Activation::kTanh:
      break;
  }
  return TanhForward;
}

struct ActivateOnCpu : Function<ActivateOnCpu> {
  static Tensor forward(AutogradContext* context, const Tensor& x, ActivationLoop loop, bool with_slope) {
    const Tensor own = x.contiguous(), y = at::empty_like(own);
    Tensor slope;
    if (with_slope) slope = at::empty_like(own);
    loop(Data(own), own.numel(), Mutable(y), with_slope ? Mutable(slope) : nullptr);
    if (with_slope) context->save_for_backward({slope});
    return y;
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    const Tensor slope = context->get_saved_variables()[0], gradient = gradients[0].contiguous();
    const Tensor x_gradient = at::empty_like(gradient);
    Multiply(Data(gradient), Data(slope), gradient.numel(), Mutable(x_gradient));
    return {x_gradient, Tensor(), Tensor()};
  }
};

struct LayerNormOnCpu : Function<LayerNormOnCpu> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const std::optional<Tensor>& residual, const Tensor& weight,
                        const Tensor& bias, double epsilon) {
    const Tensor own = x.contiguous(), own_weight = weight.contiguous(), own_bias = bias.contiguous();
    const Tensor other = residual.has_value() ? residual->contiguous() : Tensor();
    const int64_t trials = own.size(0), width = own.size(2), size = own.size(1) * width;
    const Tensor y = at::empty_like(own), normalized = at::empty_like(own);
    const Tensor inverse = at::empty({trials, own.size(1)}, own.options());
    for (int64_t t = 0; t < trials; ++t) {
      LayerNormForward(Data(own) + t * size, other.defined() ? Data(other) + t * size : nullptr, Data(own_weight) + t * width,
                       Data(own_bias) + t * width, {own.size(1), width, static_cast<float>(epsilon)}, Mutable(y) + t * size,
                       Mutable(normalized) + t * size, Mutable(inverse) + t * own.size(1));
    }
    context->save_for_backward({normalized, inverse, own_weight});
    context->saved_data["residual"] = residual.has_value();
    return y;
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    const tensor_list saved = context->get_saved_variables();
    const Tensor &normalized = saved[0], &inverse = saved[1], &weight = saved[2];
    const Tensor gradient = gradients[0].contiguous();
    const int64_t trials = gradient.size(0), rows = gradient.size(1), width = gradient.size(2), size = rows * width;
    const Tensor x_gradient = at::empty_like(gradient);
    const Tensor weight_gradient = at::empty_like(weight), bias_gradient = at::empty_like(weight);
    for (int64_t t = 0; t < trials; ++t) {
      LayerNormBackward(Data(gradient) + t * size, Data(normalized) + t * size, Data(inverse) + t * rows,
                        Data(weight) + t * width, {rows, width}, Mutable(x_gradient) + t * size,
                        Mutable(weight_gradient) + t * width, Mutable(bias_gradient) + t * width);
    }
    return {x_gradient, context->saved_data["residual"].toBool() ? x_gradient : Tensor(), weight_gradient, bias_gradient,
            Tensor()};
  }
};

struct EmbedOnCpu : Function<EmbedOnCpu> {
  static Tensor forward(AutogradContext* context, const Tensor& tokens, const Tensor& words, const Tensor& positions) {
    const Tensor own = tokens.contiguous(), own_words = words.contiguous(), own_positions = positions.contiguous();
    context->save_for_backward({own, own_words, own_positions});
    const int64_t rows = own.size(1) * own.size(2), length = own.size(2), width = words.size(2);
    const Tensor y = at::empty({own.size(0), own.size(1), length, width}, words.options());
    for (int64_t t = 0; t < own.size(0); ++t) {
      EmbedRows(own.const_data_ptr<int64_t>() + t * rows, Data(own_words) + t * words.size(1) * width,
                Data(own_positions) + t * positions.size(1) * width, rows, length, width, Mutable(y) + t * rows * width);
    }
    return y;
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    const tensor_list saved = context->get_saved_variables();
    const Tensor &tokens = saved[0], gradient = gradients[0].contiguous();
    const Tensor words = at::zeros_like(saved[1]), positions = at::zeros_like(saved[2]);
    const int64_t rows = tokens.size(1) * tokens.size(2), length = tokens.size(2), width = words.size(2);
    for (int64_t t = 0; t < tokens.size(0); ++t) {
      AddToEmbeddings(tokens.const_data_ptr<int64_t>() + t * rows, Data(gradient) + t * rows * width, rows, length, width,
                      Mutable(words) + t * words.size(1) * width, Mutable(positions) + t * positions.size(1) * width);
    }
    return {Tensor(), words, positions};
  }
};

Tensor ScaleKept(const Tensor& x, const Tensor& keep, const Tensor& scales) {
  const Tensor own = x.contiguous(), y = at::empty_like(own);
  const int64_t size = own.numel() / own.size(0);
  for (int64_t t = 0; t < own.size(0); ++t) {
    KeepScaled(Data(own) + t * size, keep.const_data_ptr<uint8_t>() + t * size, Data(scales)[t], size, Mutable(y) + t * size);
  }
  return y;
}

struct DropoutOnCpu : Function<DropoutOnCpu> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& keep, const Tensor& scales) {
    context->save_for_backward({keep, scales});
    return ScaleKept(x, keep, scales);
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    const tensor_list saved = context->get_saved_variables();
    return {ScaleKept(gradients[0], saved[0], saved[1]), Tensor(), Tensor()};
  }
};

// Where a trial's alphas come from.
enum class AlphaSource : uint8_t { kFixed, kSigmoid, kClamped };

struct AlphaOnCpu : Function<AlphaOnCpu> {
  static float Value(float raw, AlphaSource source, float fixed) {
    if (source == AlphaSource::kFixed) return fixed;
    return source == AlphaSource::kClamped ? std::clamp(raw, 0.f, 1.f)
                                           : static_cast<float>(1 / (1 + std::exp(-static_cast<double>(raw))));
  }

  // Of raw, at d; steps go against the gradient.
  static float Slope(float d, AlphaSource source, float gradient) {
    if (source == AlphaSource::kFixed) return 0;
    if (source == AlphaSource::kSigmoid) return d * (1 - d);
    return (d <= 0 && gradient > 0) || (d >= 1 && gradient < 0) ? 0 : 1;
  }

  static Tensor forward(AutogradContext* context, const Tensor& raw, const Tensor& sources, const Tensor& fixed) {
    const Tensor own = raw.contiguous(), d = at::empty_like(own);
    const int64_t heads = own.size(1);
    for (int64_t i = 0; i < own.numel(); ++i) {
      const auto source = static_cast<AlphaSource>(sources.const_data_ptr<uint8_t>()[i / heads]);
      Mutable(d)[i] = Value(Data(own)[i], source, Data(fixed)[i / heads]);
    }
    context->save_for_backward({d, sources});
    return d;
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    const tensor_list saved = context->get_saved_variables();
    const Tensor &d = saved[0], &sources = saved[1], gradient = gradients[0].contiguous();
    const Tensor raw_gradient = at::empty_like(gradient);
    const int64_t heads = d.size(1);
    for (int64_t i = 0; i < d.numel(); ++i) {
      const auto source = static_cast<AlphaSource>(sources.const_data_ptr<uint8_t>()[i / heads]);
      const float slope = Slope(Data(d)[i], source, Data(gradient)[i]);
      Mutable(raw_gradient)[i] = slope == 0 ? 0 : Data(gradient)[i] * slope;
    }
    return {raw_gradient, Tensor(), Tensor()};
  }
};

struct CrossEntropyOnCpu : Function<CrossEntropyOnCpu> {
  static Tensor forward(AutogradContext* context, const Tensor& logits, const Tensor& labels, const Tensor& smoothing) {
    const Tensor own = logits.contiguous(), own_labels = labels.contiguous();
    context->save_for_backward({own, own_labels, smoothing});
    const int64_t count = own.size(1), classes = own.size(2);
    const Tensor losses = at::empty({own.size(0)}, own.options());
    for (int64_t t = 0; t < own.size(0); ++t) {
      Mutable(losses)[t] =
          static_cast<float>(CrossEntropyRows(Data(own) + t * count * classes, own_labels.const_data_ptr<int64_t>() + t * count,
                                              count, classes, smoothing.const_data_ptr<double>()[t]));
    }
    return losses;
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    const tensor_list saved = context->get_saved_variables();
    const Tensor &logits = saved[0], &labels = saved[1], gradient = gradients[0].contiguous();
    const int64_t count = logits.size(1), classes = logits.size(2);
    const Tensor result = at::empty_like(logits);
    for (int64_t t = 0; t < logits.size(0); ++t) {
      CrossEntropyGradient(Data(logits) + t * count * classes, labels.const_data_ptr<int64_t>() + t * count, count, classes,
                           Data(gradient)[t], Mutable(result) + t * count * classes, saved[2].const_data_ptr<double>()[t]);
    }
    return {result, Tensor(), Tensor()};
  }
};

}  // namespace

Tensor Linear(const Tensor& x, const Tensor& weight, const Tensor& bias, bool bf16) {
  return x.is_cpu() ? LinearOnCpu::apply(x, weight, bias, bf16) : device::Linear(x, weight, bias, bf16);
}

Tensor Activate(const Tensor& x, Activation activation) {
  if (!x.is_cpu()) return device::Activate(x, activation);
  return ActivateOnCpu::apply(x, LoopOf(activation), x.requires_grad() && at::GradMode::is_enabled());
}

Tensor LayerNorm(const Tensor& x, const Tensor& residual, const Tensor& weight, const Tensor& bias, double epsilon) {
  if (!x.is_cpu()) return device::LayerNorm(x, residual, weight, bias, epsilon);
  return LayerNormOnCpu::apply(x, residual.defined() ? std::optional<Tensor>(residual) : std::nullopt, weight, bias, epsilon);
}

Tensor Embed(const Tensor& tokens, const Tensor& words, const Tensor& positions) {
  return words.is_cpu() ? EmbedOnCpu::apply(tokens, words, positions) : device::Embed(tokens, words, positions);
}

Tensor Dropout(const Tensor& x, const DropoutPlace& place) {
  const DropoutMask mask = MakeDropoutMask(place, x.size(2));
  return x.is_cpu() ? DropoutOnCpu::apply(x, mask.keep, mask.scales) : device::Dropout(x, mask.keep, mask.scales);
}

Tensor AlphaMinusOne(const Tensor& raw, const std::vector<bool>& learned, const std::vector<double>& fixed,
                     const std::vector<bool>& clamped) {
  const int64_t trials = raw.size(0);
  const Tensor sources = at::empty({trials}, at::kByte), fixed_values = at::empty({trials}, at::kFloat);
  for (int64_t t = 0; t < trials; ++t) {
    const AlphaSource form = !clamped.empty() && clamped[t] ? AlphaSource::kClamped : AlphaSource::kSigmoid;
    sources.mutable_data_ptr<uint8_t>()[t] = static_cast<uint8_t>(learned[t] ? form : AlphaSource::kFixed);
    Mutable(fixed_values)[t] = static_cast<float>(fixed[t]);
  }
  if (raw.is_cpu()) return AlphaOnCpu::apply(raw, sources, fixed_values);
  const auto is = [&](AlphaSource source) { return sources.eq(static_cast<int64_t>(source)); };
  return device::AlphaMinusOne(raw, is(AlphaSource::kFixed).logical_not(), fixed_values, is(AlphaSource::kClamped));
}

Tensor CrossEntropy(const Tensor& logits, const Tensor& labels, const std::vector<double>& smoothing) {
  const std::vector<double> spread = smoothing.empty() ? std::vector<double>(logits.size(0), 0) : smoothing;
  return logits.is_cpu() ? CrossEntropyOnCpu::apply(logits, labels, at::tensor(spread, at::kDouble))
                         : device::CrossEntropy(logits, labels, spread);
}

}  // namespace ablate::models
