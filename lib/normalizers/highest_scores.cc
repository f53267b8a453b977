#include "lib/normalizers/highest_scores.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/sort.h>

#include <limits>

#include "lib/kernels/cpu/top_k_rows.h"
#include "lib/normalizers/own_loops.h"
#include "lib/normalizers/row_kernels.h"

namespace ablate::normalizers {

void KeepHighestBySorting(const at::Tensor& kept, at::Tensor& scores) {
  at::NoGradGuard guard;
  const at::Tensor keys = std::get<1>(at::sort(scores, /*stable=*/true, /*dim=*/-1, /*descending=*/true));
  const at::Tensor ranks = at::empty_like(keys);
  ranks.scatter_(-1, keys, at::arange(scores.size(-1), keys.options()).expand_as(keys));
  scores.masked_fill_(ranks.ge(kept.unsqueeze(-1)), -std::numeric_limits<double>::infinity());
}

namespace {

// By the CUDA plugin's kernel; it is there where the worker opened a CUDA device.
void KeepHighestOnCuda(const at::Tensor& kept, at::Tensor& scores) {
  at::NoGradGuard guard;
  const auto found = c10::Dispatcher::singleton().findSchema({"ablate::keep_highest_rows_", ""});
  if (!found.has_value()) return KeepHighestBySorting(kept, scores);
  at::Tensor rows = scores.detach();
  found->typed<void(at::Tensor&, const at::Tensor&)>().call(rows, kept.expand(scores.sizes().slice(0, scores.dim() - 1)));
}

}  // namespace

void KeepHighest(const at::Tensor& kept, at::Tensor& scores) {
  TORCH_CHECK_VALUE(scores.is_contiguous(), "KeepHighest changes contiguous scores only");
  const bool traced = scores.key_set().has(c10::DispatchKey::Python);
  if (scores.is_cuda() && !traced) return KeepHighestOnCuda(kept, scores);
  if (!RunsOwnLoops(scores)) return KeepHighestBySorting(kept, scores);
  const int64_t keys = scores.size(-1);
  const at::Tensor rows = kept.expand(scores.sizes().slice(0, scores.dim() - 1)).contiguous();
  AT_DISPATCH_FLOATING_TYPES(scores.scalar_type(), "KeepHighest", [&] {
    const int64_t* count = rows.const_data_ptr<int64_t>();
    scalar_t* row = scores.mutable_data_ptr<scalar_t>();
    at::parallel_for(0, rows.numel(), GrainSize(keys), [&](int64_t begin, int64_t end) {
      CheckOk(kernels::KeepHighestRows(count + begin, end - begin, keys, row + begin * keys));
    });
  });
}

}  // namespace ablate::normalizers
