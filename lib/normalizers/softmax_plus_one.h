// Softmax with one added to the denominator: a sink whose score is 0. Miller 2023, "Attention Is Off By One".
#pragma once

#include <memory>

#include "lib/normalizers/normalizer.h"

namespace ablate::normalizers {

std::unique_ptr<Normalizer> MakeSoftmaxPlusOne();

}  // namespace ablate::normalizers
