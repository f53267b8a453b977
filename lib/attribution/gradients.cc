#include "lib/attribution/gradients.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "lib/base/status_macros.h"
#include "lib/random/philox.h"

namespace ablate::attribution {
namespace {

using at::Tensor;

constexpr int64_t kMostAtOnce = 32;  // copies of the example in a batch: bounds memory

Tensor WordVectors(const Subject& subject) {
  const at::NoGradGuard no_gradients;
  return subject.encoder.WordVectors(subject.batch.tokens);  // [1, 1, n, width]
}

struct Differentiated {
  Values logits;     // [copies], of the target
  Tensor gradients;  // [copies, n, width]
};

// The target's logit, and its gradient, at each of the vectors [1, copies, n, width].
absl::StatusOr<Differentiated> AtVectors(const Subject& subject, int64_t target, const Tensor& vectors) {
  const at::AutoGradMode gradients(true);
  models::EncoderBatch batch = Repeated(subject.batch, vectors.size(1));
  batch.word_vectors = vectors.detach().requires_grad_(true);
  ASSIGN_OR_RETURN(const models::EncoderOutputs outputs, subject.encoder.Forward(batch, subject.multipliers, std::nullopt));
  const Tensor logits = outputs.logits.select(2, target).select(0, 0);
  Differentiated result;
  result.gradients = torch::autograd::grad({logits.sum()}, {batch.word_vectors})[0].select(0, 0);
  const Tensor values = logits.detach().to(at::kCPU, at::kDouble).contiguous();
  result.logits.assign(values.const_data_ptr<double>(), values.const_data_ptr<double>() + values.numel());
  return result;
}

// [n]: inner products of the rows of two [n, width].
Values InnerProducts(const Tensor& a, const Tensor& b) {
  const Tensor products = (a.to(at::kCPU, at::kDouble) * b.to(at::kCPU, at::kDouble)).sum(1).contiguous();
  return {products.const_data_ptr<double>(), products.const_data_ptr<double>() + products.numel()};
}

// [probes, width]: directions that norms are measured by.
Tensor Directions(int64_t probes, int64_t width) {
  if (probes == 0) return at::eye(width);
  const Tensor directions = at::empty({probes, width}, at::kFloat);
  const random::Numbers numbers(0, random::Stream::kStatisticsSample, 1);
  float* const values = directions.mutable_data_ptr<float>();
  for (int64_t i = 0; i < probes * width; ++i) values[i] = numbers.Bits(static_cast<uint64_t>(i)) & 1 ? 1.0f : -1.0f;
  return directions;
}

}  // namespace

absl::StatusOr<Values> GradientTimesInput(const Subject& subject, int64_t target) {
  const Tensor vectors = WordVectors(subject);
  ASSIGN_OR_RETURN(const Differentiated there, AtVectors(subject, target, vectors));
  return InnerProducts(vectors.select(0, 0).select(0, 0), there.gradients.select(0, 0));
}

absl::StatusOr<IntegratedGradients> IntegrateGradients(const Subject& subject, int64_t target, int64_t steps) {
  const Tensor vectors = WordVectors(subject);
  Tensor mean = at::zeros_like(vectors.select(0, 0).select(0, 0), at::kDouble);
  for (int64_t begin = 0; begin < steps; begin += kMostAtOnce) {
    const int64_t copies = std::min(kMostAtOnce, steps - begin);
    Tensor shares = at::empty({1, copies, 1, 1}, at::kFloat);
    for (int64_t i = 0; i < copies; ++i) {
      const double middle = static_cast<double>(begin + i) + 0.5;
      shares.mutable_data_ptr<float>()[i] = static_cast<float>(middle / static_cast<double>(steps));
    }
    ASSIGN_OR_RETURN(const Differentiated there, AtVectors(subject, target, vectors * shares.to(vectors.device())));
    mean += there.gradients.to(at::kDouble).sum(0) / static_cast<double>(steps);
  }
  IntegratedGradients result;
  result.values = InnerProducts(vectors.select(0, 0).select(0, 0), mean);
  ASSIGN_OR_RETURN(const Differentiated end, AtVectors(subject, target, vectors));
  ASSIGN_OR_RETURN(const Differentiated start, AtVectors(subject, target, at::zeros_like(vectors)));
  for (const double value : result.values) result.completeness_gap += value;
  result.completeness_gap -= end.logits[0] - start.logits[0];
  return result;
}

absl::StatusOr<Values> TokenGradients(const Subject& subject, int64_t probes) {
  const at::AutoGradMode gradients(true);
  const Tensor vectors = WordVectors(subject);
  const int64_t n = subject.tokens(), width = vectors.size(3);
  const Tensor directions = Directions(probes, width).to(vectors.device());
  Values squares(static_cast<size_t>(n * n), 0);
  // A copy of the example for each token, and a backward pass for each direction.
  for (int64_t begin = 0; begin < n; begin += kMostAtOnce) {
    const int64_t copies = std::min(kMostAtOnce, n - begin);
    models::EncoderBatch batch = Repeated(subject.batch, copies);
    batch.want_states = true;
    batch.word_vectors = vectors.expand({1, copies, n, width}).contiguous().requires_grad_(true);
    ASSIGN_OR_RETURN(const models::EncoderOutputs outputs, subject.encoder.Forward(batch, subject.multipliers, std::nullopt));
    for (int64_t d = 0; d < directions.size(0); ++d) {
      Tensor upstream = at::zeros_like(outputs.states);
      for (int64_t i = 0; i < copies; ++i) upstream.select(1, i).select(1, begin + i).copy_(directions.select(0, d));
      const Tensor gradient =
          torch::autograd::grad({outputs.states}, {batch.word_vectors}, {upstream}, /*retain_graph=*/true)[0];
      const Tensor norms = gradient.select(0, 0).to(at::kCPU, at::kDouble).square().sum(2).contiguous();  // [copies, n]
      const double* const square = norms.const_data_ptr<double>();
      for (int64_t i = 0; i < copies * n; ++i) squares[begin * n + i] += square[i];
    }
  }
  for (double& square : squares) square = std::sqrt(square);
  DivideRowsBySums(n, squares);
  return squares;
}

}  // namespace ablate::attribution
