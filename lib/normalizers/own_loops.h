// Where a function's own loops over memory can run.
#pragma once

#include <ATen/core/Tensor.h>

namespace ablate::normalizers {

// Whether x has memory on the CPU. Tensors that only trace (of torch.compile, say) claim to be on a CPU and have none.
inline bool RunsOwnLoops(const at::Tensor& x) { return x.is_cpu() && !x.key_set().has(c10::DispatchKey::Python); }

}  // namespace ablate::normalizers
