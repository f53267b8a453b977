// Sparsegen-lin: sparsemax(z / (1 - lambda)), lambda < 1. Laha et al. 2018, arXiv:1810.11975.
#pragma once

#include <memory>

#include "lib/normalizers/normalizer.h"

namespace ablate::normalizers {

std::unique_ptr<Normalizer> MakeSparsegen();

}  // namespace ablate::normalizers
