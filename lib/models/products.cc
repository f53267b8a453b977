#include "lib/models/products.h"

#include <ATen/ops/bmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>

#include <cstdlib>

#include "lib/models/layers.h"

namespace ablate::models {

void FixProductBits() {
  // STRICT: results don't depend on alignment. Without it f32 products differed between T = 1 and T = 5 wherever a trial's
  // slice was not aligned to 64 bytes (65 columns, say). MKL reads the variable at its first call.
  static const bool done = setenv("MKL_CBWR", "AUTO,STRICT", /*overwrite=*/0) == 0;
  static_cast<void>(done);
}

at::Tensor Product(const at::Tensor& a, const at::Tensor& b, bool bf16) {
  if (!bf16) return at::bmm(a, b);
  const at::Tensor x = a.to(at::kBFloat16), y = b.to(at::kBFloat16);
  if (!x.is_cpu()) return at::bmm(x, y).to(at::kFloat);
  // Trial by trial: torch chooses between oneDNN and a loop of its own by the multiplications of the whole batch (more than
  // 4096 or not), and the two sum in different orders.
  at::Tensor result = at::empty({x.size(0), x.size(1), y.size(2)}, x.options());
  for (int64_t t = 0; t < x.size(0); ++t) {
    at::Tensor slice = result.select(0, t);
    at::mm_out(slice, x.select(0, t), y.select(0, t));
  }
  return result.to(at::kFloat);
}

}  // namespace ablate::models
