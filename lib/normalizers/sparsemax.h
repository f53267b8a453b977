// Sparsemax: entmax at alpha 2. Martins, Astudillo 2016, arXiv:1602.02068.
#pragma once

#include <memory>

#include "lib/normalizers/normalizer.h"

namespace ablate::normalizers {

std::unique_ptr<Normalizer> MakeSparsemax();

}  // namespace ablate::normalizers
