#include "lib/normalizers/sink_rows.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

#include "lib/normalizers/entmax_rows.h"

namespace ablate::normalizers {

// The sink goes first: padding behind the keys then changes no order of sums.
at::Tensor SinkRows(const at::Tensor& scores, const at::Tensor& sinks) {
  const at::Tensor softmax = at::zeros(sinks.sizes(), scores.options().requires_grad(false));
  const at::Tensor all = EntmaxOfRows(at::cat({sinks.unsqueeze(-1), scores}, -1), softmax);
  return all.narrow(-1, 1, scores.size(-1)).contiguous();
}

}  // namespace ablate::normalizers
