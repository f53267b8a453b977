#include "lib/attention/masked_probabilities.h"

#include <ATen/Dispatch.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

namespace ablate::attention {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::tensor_list;

// y = a / s over each row of an active trial, s = the sum of `p`, in double and in the order of the keys; forward a = p,
// backward a = the gradient less its mean under y. Torch's own sums may depend on the shape of the whole tensor.
struct RenormalizeOnCpu : Function<RenormalizeOnCpu> {
  static Tensor forward(AutogradContext* context, const Tensor& probabilities, const Tensor& active) {
    const Tensor p = probabilities.contiguous(), y = at::empty_like(p);
    AT_DISPATCH_FLOATING_TYPES(p.scalar_type(), "Renormalize", [&] { Forward<scalar_t>(p, active, y); });
    context->save_for_backward({p, y, active});
    return y;
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    const tensor_list saved = context->get_saved_variables();
    const Tensor gradient = gradients[0].contiguous(), result = at::empty_like(gradient);
    AT_DISPATCH_FLOATING_TYPES(gradient.scalar_type(), "Renormalize",
                               [&] { Backward<scalar_t>(saved[0], saved[1], saved[2], gradient, result); });
    return {result, Tensor()};
  }

  template <class T>
  static double Sum(const T* row, int64_t keys) {
    double sum = 0;
    for (int64_t key = 0; key < keys; ++key) sum += row[key];
    return sum;
  }

  template <class T>
  static void Forward(const Tensor& p, const Tensor& active, const Tensor& y) {
    const int64_t keys = p.size(-1), rows = p.numel() / keys, of_trial = rows / p.size(0);
    for (int64_t i = 0; i < rows; ++i) {
      const T* const from = p.const_data_ptr<T>() + i * keys;
      T* const to = y.mutable_data_ptr<T>() + i * keys;
      const double sum = Sum(from, keys);
      const double scale = active.const_data_ptr<bool>()[i / of_trial] && sum != 0 ? 1 / sum : 1;
      for (int64_t key = 0; key < keys; ++key) to[key] = static_cast<T>(from[key] * scale);
    }
  }

  template <class T>
  static void Backward(const Tensor& p, const Tensor& y, const Tensor& active, const Tensor& gradient, const Tensor& result) {
    const int64_t keys = p.size(-1), rows = p.numel() / keys, of_trial = rows / p.size(0);
    for (int64_t i = 0; i < rows; ++i) {
      const T* const g = gradient.const_data_ptr<T>() + i * keys;
      T* const to = result.mutable_data_ptr<T>() + i * keys;
      const double sum = Sum(p.const_data_ptr<T>() + i * keys, keys);
      if (!active.const_data_ptr<bool>()[i / of_trial] || sum == 0) {
        for (int64_t key = 0; key < keys; ++key) to[key] = g[key];
        continue;
      }
      double mean = 0;
      for (int64_t key = 0; key < keys; ++key) mean += static_cast<double>(g[key]) * y.const_data_ptr<T>()[i * keys + key];
      for (int64_t key = 0; key < keys; ++key) to[key] = static_cast<T>((g[key] - mean) / sum);
    }
  }
};

struct PassGradientOn : Function<PassGradientOn> {
  static Tensor forward(AutogradContext*, const Tensor&, const Tensor& sparse) { return sparse.clone(); }
  static tensor_list backward(AutogradContext*, const tensor_list& gradients) { return {gradients[0], Tensor()}; }
};

Tensor PerTrial(const Tensor& values, const Tensor& like) { return values.to(like.device()).view({-1, 1, 1, 1, 1}); }

}  // namespace

Tensor RemovePairs(const Tensor& probabilities, const Tensor& keep, const std::vector<double>& scales) {
  const Tensor factors = PerTrial(at::tensor(scales, at::kDouble).to(probabilities.scalar_type()), probabilities);
  return probabilities * (keep.to(probabilities.scalar_type()) * factors);
}

Tensor Renormalize(const Tensor& probabilities, const std::vector<bool>& active) {
  const Tensor flags = at::empty({static_cast<int64_t>(active.size())}, at::kBool);
  std::copy(active.begin(), active.end(), flags.mutable_data_ptr<bool>());
  if (probabilities.is_cpu()) return RenormalizeOnCpu::apply(probabilities, flags);
  const Tensor sums = probabilities.sum(-1, /*keepdim=*/true);
  const Tensor divided = PerTrial(flags, probabilities).logical_and(sums.ne(0));
  return probabilities / at::where(divided, sums, at::ones_like(sums));
}

Tensor StraightThrough(const Tensor& dense, const Tensor& sparse) { return PassGradientOn::apply(dense, sparse); }

}  // namespace ablate::attention
