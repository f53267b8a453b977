#include "lib/normalizers/scalable_rows.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/take.h>
#include <ATen/ops/tensor.h>

#include <cmath>
#include <limits>
#include <vector>

#include "lib/normalizers/own_loops.h"
#include "lib/normalizers/scaled_rows.h"

namespace ablate::normalizers {
namespace {

// log n of each row, 0 where n is 0. From a table, since torch's logarithm rounds differently at the end of a tensor.
at::Tensor LogsOfCounts(const at::Tensor& scores) {
  const at::Tensor counts = scores.detach().ne(-std::numeric_limits<double>::infinity()).sum(-1);
  if (!RunsOwnLoops(scores)) return counts.clamp_min(1).to(scores.scalar_type()).log();
  std::vector<double> logs(scores.size(-1) + 1, 0);
  for (size_t n = 2; n < logs.size(); ++n) logs[n] = std::log(static_cast<double>(n));
  return at::take(at::tensor(logs, at::kDouble).to(scores.scalar_type()), counts);
}

}  // namespace

at::Tensor ScalableRows(const at::Tensor& scores, const at::Tensor& scales) {
  return ScaledRows(scores, scales * LogsOfCounts(scores));
}

}  // namespace ablate::normalizers
