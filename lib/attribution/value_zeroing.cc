#include "lib/attribution/value_zeroing.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cosine_similarity.h>
#include <ATen/ops/eye.h>

#include <algorithm>
#include <utility>

#include "lib/base/status_macros.h"

namespace ablate::attribution {
namespace {

using at::Tensor;

// Cosine distances of equal states come out as large as this by rounding in double.
constexpr double kNoDistance = 1e-14;

// states [1, n, width] in front of the layer, `behind` the same behind it.
absl::StatusOr<Values> OfLayer(const Subject& subject, int64_t layer, const Tensor& states, const Tensor& behind) {
  const int64_t n = subject.tokens(), width = states.size(2);
  models::EncoderBatch batch = Repeated(subject.batch, n);
  batch.kept_values = (1 - at::eye(n, states.options())).unsqueeze(0);  // copy j goes without token j
  const Tensor copies = states.expand({n, n, width}).reshape({1, n * n, width});
  ASSIGN_OR_RETURN(const Tensor without, subject.encoder.StatesBehind(layer, copies, batch, subject.multipliers));
  const Tensor changed = without.view({n, n, width}).to(at::kCPU, at::kDouble);              // [j, i, width]
  const Tensor whole = behind.to(at::kCPU, at::kDouble);                                     // [1, i, width]
  const Tensor distances = (1 - at::cosine_similarity(changed, whole, 2)).t().contiguous();  // [i, j]
  Values values(distances.const_data_ptr<double>(), distances.const_data_ptr<double>() + n * n);
  for (double& value : values) value = value < kNoDistance ? 0 : value;
  DivideRowsBySums(n, values);
  return values;
}

}  // namespace

absl::StatusOr<std::vector<Values>> ValueZeroing(const Subject& subject) {
  const at::NoGradGuard no_gradients;
  std::vector<Values> layers;
  Tensor states = subject.encoder.InputStates(subject.batch);
  for (int64_t layer = 0; layer < subject.encoder.layers(); ++layer) {
    ASSIGN_OR_RETURN(const Tensor behind, subject.encoder.StatesBehind(layer, states, subject.batch, subject.multipliers));
    ASSIGN_OR_RETURN(Values values, OfLayer(subject, layer, states, behind));
    layers.push_back(std::move(values));
    states = behind;
  }
  return layers;
}

Values RolledOut(std::vector<Values> layers, int64_t n) {
  Values rolled;
  for (Values& layer : layers) {
    for (int64_t row = 0; row < n; ++row) {
      const double* const begin = layer.data() + row * n;
      if (std::all_of(begin, begin + n, [](double value) { return value == 0; })) layer[row * n + row] = 1;
    }
    rolled = rolled.empty() ? layer : Product(layer, rolled, n);
  }
  return rolled;
}

}  // namespace ablate::attribution
