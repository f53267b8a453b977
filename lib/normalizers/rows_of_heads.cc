#include "lib/normalizers/rows_of_heads.h"

#include <ATen/Dispatch.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/empty.h>
#include <torch/csrc/autograd/custom_function.h>

namespace ablate::normalizers {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

// [G, B, H, Q] to [G, H]. A sum of torch could take another order in a larger array.
at::Tensor SumOfRows(const at::Tensor& rows) {
  if (!rows.is_cpu()) return rows.sum({1, 3});
  const int64_t trials = rows.size(0), examples = rows.size(1), heads = rows.size(2), queries = rows.size(3);
  at::Tensor sums = at::empty({trials, heads}, rows.options());
  AT_DISPATCH_FLOATING_TYPES(rows.scalar_type(), "RowsOfHeads", [&] {
    const scalar_t* from = rows.const_data_ptr<scalar_t>();
    scalar_t* to = sums.mutable_data_ptr<scalar_t>();
    for (int64_t trial = 0; trial < trials; ++trial) {
      for (int64_t head = 0; head < heads; ++head) {
        double sum = 0;
        for (int64_t example = 0; example < examples; ++example) {
          const scalar_t* row = from + ((trial * examples + example) * heads + head) * queries;
          for (int64_t query = 0; query < queries; ++query) sum += row[query];
        }
        to[trial * heads + head] = static_cast<scalar_t>(sum);
      }
    }
  });
  return sums;
}

struct RowsOfHeadsFunction : torch::autograd::Function<RowsOfHeadsFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& per_head, const at::Tensor& scores) {
    at::AutoDispatchBelowADInplaceOrView guard;
    context->saved_data["type"] = per_head.scalar_type();
    const int64_t trials = scores.size(0), heads = scores.size(2);
    return per_head.to(scores.scalar_type())
        .reshape({trials, 1, heads, 1})
        .expand({trials, scores.size(1), heads, scores.size(3)})
        .contiguous();
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    at::AutoDispatchBelowADInplaceOrView guard;
    return {SumOfRows(gradients[0].contiguous()).to(context->saved_data["type"].toScalarType()), at::Tensor()};
  }
};

}  // namespace

at::Tensor RowsOfHeads(const at::Tensor& per_head, const at::Tensor& scores) {
  TORCH_CHECK_VALUE(scores.dim() == 5, "scores must be [G, B, H, Q, K], not ", scores.sizes());
  TORCH_CHECK_VALUE(
      per_head.defined() && per_head.dim() == 2 && per_head.size(0) == scores.size(0) && per_head.size(1) == scores.size(2),
      "a parameter per head must be [G, H] for scores ", scores.sizes());
  return RowsOfHeadsFunction::apply(per_head, scores.detach());
}

}  // namespace ablate::normalizers
