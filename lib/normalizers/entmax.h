// alpha-entmax, with the alpha of each head in Parameters::alpha_minus_one. Correia, Niculae, Martins 2019, arXiv:1909.00015.
#pragma once

#include <memory>

#include "lib/normalizers/normalizer.h"

namespace ablate::normalizers {

std::unique_ptr<Normalizer> MakeEntmax();

}  // namespace ablate::normalizers
