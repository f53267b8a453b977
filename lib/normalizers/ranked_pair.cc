#include "lib/normalizers/ranked_pair.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/sort.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <limits>

#include "lib/kernels/cpu/ranked_keys.h"

namespace ablate::normalizers {

RankedPair FindRankedPairBySorting(const at::Tensor& values, const at::Tensor& k) {
  at::NoGradGuard guard;
  const at::Tensor unmasked = values.ne(-std::numeric_limits<double>::infinity()).sum(-1);
  const at::Tensor target = unmasked.minimum(k.reshape({-1, 1, 1, 1}));
  const at::Tensor order = std::get<1>(at::sort(values, /*stable=*/true, /*dim=*/-1, /*descending=*/true));
  const at::Tensor ranks = at::stack({target.sub(1), target}, -1);  // from 0
  const at::Tensor there = ranks.ge(0).logical_and(ranks.lt(unmasked.unsqueeze(-1)));
  const at::Tensor index = order.gather(-1, ranks.clamp(0, values.size(-1) - 1));
  return {target, unmasked, index.masked_fill(there.logical_not(), 0)};
}

RankedPair FindRankedPair(const at::Tensor& values, const at::Tensor& k) {
  if (!values.is_cpu()) return FindRankedPairBySorting(values, k);
  const int64_t heads = values.size(2), rows = values.size(3), entries = values.size(4);
  const int64_t blocks = values.size(0) * values.size(1) * heads;
  const auto shape = values.sizes().slice(0, 4);
  RankedPair pair{at::empty(shape, k.options()), at::empty(shape, k.options()),
                  at::zeros({values.size(0), values.size(1), heads, rows, 2}, k.options())};
  const at::Tensor k_of_trial = k.contiguous();
  const int64_t* targets = k_of_trial.const_data_ptr<int64_t>();
  int64_t *target = pair.target.mutable_data_ptr<int64_t>(), *unmasked = pair.unmasked.mutable_data_ptr<int64_t>();
  int64_t* index = pair.index.mutable_data_ptr<int64_t>();
  AT_DISPATCH_FLOATING_TYPES(values.scalar_type(), "FindRankedPair", [&] {
    const scalar_t* from = values.const_data_ptr<scalar_t>();
    at::parallel_for(0, blocks, 1, [&](int64_t begin, int64_t end) {
      kernels::RankedKeys<scalar_t> ranked(entries);
      for (int64_t block = begin; block < end; ++block) {
        const int64_t head = block % heads, example = block / heads % values.size(1), trial = block / heads / values.size(1);
        const scalar_t* at = from + trial * values.stride(0) + example * values.stride(1) + head * values.stride(2);
        for (int64_t row = 0, i = block * rows; row < rows; ++row, ++i) {
          ranked.Read(at + row * values.stride(3), entries, values.stride(4));
          unmasked[i] = ranked.count();
          target[i] = std::min(ranked.count(), targets[trial]);
          if (target[i] > 0) index[2 * i] = ranked.KeyAt(target[i]);
          if (target[i] < unmasked[i]) index[2 * i + 1] = ranked.KeyAfter(target[i]);
        }
      }
    });
  });
  return pair;
}

}  // namespace ablate::normalizers
