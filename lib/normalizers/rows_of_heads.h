// A number per head, for each of the head's rows.
#pragma once

#include <ATen/core/Tensor.h>

namespace ablate::normalizers {

// per_head [G, H]; scores [G, B, H, Q, K]: only their shape and type count. Gives [G, B, H, Q], contiguous. The gradient is
// summed over B and Q, on the CPU in double and in one order, never over G.
at::Tensor RowsOfHeads(const at::Tensor& per_head, const at::Tensor& scores);

}  // namespace ablate::normalizers
