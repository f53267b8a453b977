#include "lib/normalizers/softmax_sink.h"

#include "lib/normalizers/rows_of_heads.h"
#include "lib/normalizers/sink_rows.h"

namespace ablate::normalizers {
namespace {

class SoftmaxSink final : public DenseNormalizer {
 public:
  at::Tensor Probabilities(const at::Tensor& scores, const Parameters& parameters) const override {
    return SinkRows(scores, RowsOfHeads(Learned(parameters, "sink"), scores));
  }
};

}  // namespace

std::unique_ptr<Normalizer> MakeSoftmaxSink() { return std::make_unique<SoftmaxSink>(); }

}  // namespace ablate::normalizers
