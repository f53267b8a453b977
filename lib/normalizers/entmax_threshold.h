// Threshold and support of entmax's rows, from their probabilities.
#pragma once

#include <ATen/core/Tensor.h>

namespace ablate::normalizers {

// scores, probabilities [G, B, H, Q, K]; alpha_minus_one [G, H]. [G, B, H, Q, 1]: a key is in the support iff its score is
// above it. -inf where alpha = 1, 0 where a row has no keys. Differentiable in scores and alpha_minus_one.
at::Tensor EntmaxThreshold(const at::Tensor& scores, const at::Tensor& probabilities, const at::Tensor& alpha_minus_one);

// bool, like scores. Near alpha = 1 a key's weight may be below float's smallest number while the key is well inside the
// support: such keys are in it; at alpha = 1 all unmasked keys are.
at::Tensor EntmaxSupport(const at::Tensor& scores, const at::Tensor& probabilities, const at::Tensor& alpha_minus_one);

}  // namespace ablate::normalizers
