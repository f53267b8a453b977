// Scalable softmax: softmax(s log(n) z) over a query's n unmasked keys, s learned per head. Nakanishi 2025, arXiv:2501.19399.
#pragma once

#include <memory>

#include "lib/normalizers/normalizer.h"

namespace ablate::normalizers {

std::unique_ptr<Normalizer> MakeScalableSoftmax();

}  // namespace ablate::normalizers
