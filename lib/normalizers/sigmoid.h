// Sigmoid attention: each key by itself, 1 / (1 + e^-(z - log n)) with n the unmasked keys of the query. Ramapuram et al. 2024,
// arXiv:2409.04431.
#pragma once

#include <memory>

#include "lib/normalizers/normalizer.h"

namespace ablate::normalizers {

std::unique_ptr<Normalizer> MakeSigmoid();

}  // namespace ablate::normalizers
