// Adaptive-scalable entmax: entmax whose queries are multiplied by 1 + beta log(n)^gamma, n the keys that the query may attend
// (under a causal mask its position), beta = softplus(w x) and gamma = 2 tanh(v x) of the query's input x, with w and v learned
// per head. Vasylenko, Treviso, Martins 2025, arXiv:2506.16640.
#pragma once

#include <memory>

#include "lib/normalizers/normalizer.h"

namespace ablate::normalizers {

std::unique_ptr<Normalizer> MakeAdaptiveScalableEntmax();

}  // namespace ablate::normalizers
