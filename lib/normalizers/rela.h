// Rectified linear attention: weights ReLU(z), and the context of a query divided by its root mean square over all heads. The
// paper's gain is left to the linear layer behind it, which can learn the same; its gated variant is not here. Zhang, Titov,
// Sennrich 2021, arXiv:2104.07012.
#pragma once

#include <memory>

#include "lib/normalizers/normalizer.h"

namespace ablate::normalizers {

std::unique_ptr<Normalizer> MakeRela();

}  // namespace ablate::normalizers
