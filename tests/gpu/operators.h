// The plugin's operators, called as any program with LibTorch calls them.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include <optional>
#include <tuple>

namespace ablate::gpu {

template <class Signature>
c10::TypedOperatorHandle<Signature> Operator(const char* name) {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, "").typed<Signature>();
}

inline at::Tensor EntmaxForward(const at::Tensor& scores, const at::Tensor& alpha_minus_one) {
  static const auto call = Operator<at::Tensor(const at::Tensor&, const at::Tensor&)>("ablate::entmax_rows_forward");
  return call.call(scores, alpha_minus_one);
}

inline std::tuple<at::Tensor, at::Tensor> EntmaxBackward(const at::Tensor& probabilities, const at::Tensor& gradients,
                                                         const at::Tensor& alpha_minus_one, bool in_alpha) {
  static const auto call =
      Operator<std::tuple<at::Tensor, at::Tensor>(const at::Tensor&, const at::Tensor&, const at::Tensor&, bool)>(
          "ablate::entmax_rows_backward");
  return call.call(probabilities, gradients, alpha_minus_one, in_alpha);
}

struct Fused {
  double scale = 1;
  std::optional<at::Tensor> key_valid, query_valid, kept;
  bool causal = false;
};

// Probabilities and states.
inline std::tuple<at::Tensor, at::Tensor> FusedForward(const at::Tensor& scores, const at::Tensor& alpha_minus_one,
                                                       const Fused& fused) {
  using Optional = std::optional<at::Tensor>;
  static const auto call =
      Operator<std::tuple<at::Tensor, at::Tensor>(const at::Tensor&, const at::Tensor&, double, const Optional&,
                                                  const Optional&, bool, const Optional&)>("ablate::fused_rows_forward");
  return call.call(scores, alpha_minus_one, fused.scale, fused.key_valid, fused.query_valid, fused.causal, fused.kept);
}

inline std::tuple<at::Tensor, at::Tensor> FusedBackward(const at::Tensor& probabilities, const at::Tensor& gradients,
                                                        const at::Tensor& alpha_minus_one, const at::Tensor& scores,
                                                        const at::Tensor& states, double scale, bool in_alpha) {
  static const auto call =
      Operator<std::tuple<at::Tensor, at::Tensor>(const at::Tensor&, const at::Tensor&, const at::Tensor&, const at::Tensor&,
                                                  const at::Tensor&, double, bool)>("ablate::fused_rows_backward");
  return call.call(probabilities, gradients, alpha_minus_one, scores, states, scale, in_alpha);
}

}  // namespace ablate::gpu
