#include "lib/normalizers/sinkhorn.h"

#include <vector>

#include "lib/normalizers/sinkhorn_matrices.h"

namespace ablate::normalizers {
namespace {

class Sinkhorn final : public DenseNormalizer {
 public:
  at::Tensor Probabilities(const at::Tensor& scores, const Parameters& parameters) const override {
    std::vector<int64_t> rounds;
    for (const Attention& settings : parameters.settings) rounds.push_back(settings.sinkhorn_rounds());
    return SinkhornMatrices(scores, rounds);
  }
};

}  // namespace

std::unique_ptr<Normalizer> MakeSinkhorn() { return std::make_unique<Sinkhorn>(); }

}  // namespace ablate::normalizers
