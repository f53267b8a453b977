// Softmax: dense. Vaswani et al. 2017, arXiv:1706.03762.
#pragma once

#include <memory>

#include "lib/normalizers/normalizer.h"

namespace ablate::normalizers {

std::unique_ptr<Normalizer> MakeSoftmax();

}  // namespace ablate::normalizers
