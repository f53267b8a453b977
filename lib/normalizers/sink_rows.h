// Softmax over the last dimension with a sink: one more key, whose weight goes nowhere.
#pragma once

#include <ATen/core/Tensor.h>

namespace ablate::normalizers {

// scores [..., K] f32 or f64; -inf = masked. sinks [...], like scores: the sink's score in each row. Differentiable in both.
at::Tensor SinkRows(const at::Tensor& scores, const at::Tensor& sinks);

}  // namespace ablate::normalizers
