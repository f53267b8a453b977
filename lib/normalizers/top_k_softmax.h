// Softmax over the top_k highest scores of each query; ties keep the lowest key. Zhao et al. 2019, arXiv:1912.11637.
#pragma once

#include <memory>

#include "lib/normalizers/normalizer.h"

namespace ablate::normalizers {

std::unique_ptr<Normalizer> MakeTopKSoftmax();

}  // namespace ablate::normalizers
