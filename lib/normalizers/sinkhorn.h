// Sinkhorn attention: rows and columns of e^z normalized in turn, sinkhorn_rounds times columns and rows after the first rows.
// Sander, Ablin, Blondel, Peyre 2021, arXiv:2110.11773.
#pragma once

#include <memory>

#include "lib/normalizers/normalizer.h"

namespace ablate::normalizers {

std::unique_ptr<Normalizer> MakeSinkhorn();

}  // namespace ablate::normalizers
