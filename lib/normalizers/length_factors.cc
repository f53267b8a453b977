#include "lib/normalizers/length_factors.h"

#include <ATen/Dispatch.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/softplus.h>
#include <ATen/ops/tanh.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>

#include "lib/normalizers/own_loops.h"

namespace ablate::normalizers {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

constexpr double kLargestPower = 2;

struct Factor {
  Factor(double beta, double gamma, int64_t keys)
      : log_length(std::log(static_cast<double>(std::max<int64_t>(2, keys)))),
        tanh_gamma(std::tanh(gamma)),
        power(std::pow(log_length, kLargestPower * tanh_gamma)),
        softplus(std::max(beta, 0.) + std::log1p(std::exp(-std::fabs(beta)))),
        logistic(1 / (1 + std::exp(-beta))) {}

  double Value() const { return 1 + softplus * power; }
  double InBeta() const { return logistic * power; }
  double InGamma() const { return softplus * power * std::log(log_length) * kLargestPower * (1 - tanh_gamma * tanh_gamma); }

  double log_length, tanh_gamma, power, softplus, logistic;
};

struct LengthFactorsFunction : torch::autograd::Function<LengthFactorsFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& beta, const at::Tensor& gamma, const at::Tensor& keys) {
    at::AutoDispatchBelowADInplaceOrView guard;
    const at::Tensor b = beta.contiguous(), c = gamma.contiguous(), n = keys.contiguous(), factors = at::empty_like(b);
    AT_DISPATCH_FLOATING_TYPES(b.scalar_type(), "LengthFactors", [&] {
      scalar_t* factor = factors.mutable_data_ptr<scalar_t>();
      for (int64_t i = 0; i < b.numel(); ++i) {
        const Factor at(b.const_data_ptr<scalar_t>()[i], c.const_data_ptr<scalar_t>()[i], n.const_data_ptr<int64_t>()[i]);
        factor[i] = static_cast<scalar_t>(at.Value());
      }
    });
    context->save_for_backward({b, c, n});
    return factors;
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    at::AutoDispatchBelowADInplaceOrView guard;
    const auto saved = context->get_saved_variables();
    const at::Tensor given = gradients[0].contiguous(), in_beta = at::empty_like(given), in_gamma = at::empty_like(given);
    AT_DISPATCH_FLOATING_TYPES(given.scalar_type(), "LengthFactors", [&] {
      const scalar_t* g = given.const_data_ptr<scalar_t>();
      const scalar_t *b = saved[0].const_data_ptr<scalar_t>(), *c = saved[1].const_data_ptr<scalar_t>();
      for (int64_t i = 0; i < given.numel(); ++i) {
        const Factor at(b[i], c[i], saved[2].const_data_ptr<int64_t>()[i]);
        in_beta.mutable_data_ptr<scalar_t>()[i] = static_cast<scalar_t>(g[i] * at.InBeta());
        in_gamma.mutable_data_ptr<scalar_t>()[i] = static_cast<scalar_t>(g[i] * at.InGamma());
      }
    });
    return {in_beta, in_gamma, at::Tensor()};
  }
};

}  // namespace

at::Tensor LengthFactors(const at::Tensor& beta, const at::Tensor& gamma, const at::Tensor& keys) {
  TORCH_CHECK_VALUE(beta.sizes() == gamma.sizes(), "beta ", beta.sizes(), " and gamma ", gamma.sizes(), " differ in shape");
  return RunsOwnLoops(beta) ? LengthFactorsFunction::apply(beta, gamma, keys.expand(beta.sizes()))
                            : LengthFactorsByTorch(beta, gamma, keys);
}

at::Tensor LengthFactorsByTorch(const at::Tensor& beta, const at::Tensor& gamma, const at::Tensor& keys) {
  const at::Tensor log_length = keys.clamp_min(2).to(beta.scalar_type()).log();
  return 1 + at::softplus(beta) * at::pow(log_length, kLargestPower * at::tanh(gamma));
}

}  // namespace ablate::normalizers
