#include "lib/attribution/subject.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <numeric>

namespace ablate::attribution {

using at::Tensor;

Subject MakeSubject(const models::Encoder& encoder, const std::vector<Tensor>& multipliers, const tasks::Example& example,
                    int64_t place, double progress) {
  const auto length = static_cast<int64_t>(example.tokens.size());
  Subject subject{encoder, multipliers, {}};
  const at::Device device = encoder.parameters()[0].value.device();
  const std::vector<int64_t> tokens(example.tokens.begin(), example.tokens.end());
  std::vector<int64_t> types(tokens.size(), 0);
  if (example.second_start > 0) std::fill(types.begin() + example.second_start, types.end(), 1);
  subject.batch.tokens = at::tensor(tokens, at::kLong).view({1, 1, length}).to(device);
  subject.batch.token_types = at::tensor(types, at::kLong).view({1, 1, length}).to(device);
  subject.batch.valid = at::ones({1, 1, length}, at::TensorOptions().dtype(at::kBool).device(device));
  subject.batch.places = {{place}};
  subject.batch.progress = progress;
  return subject;
}

models::EncoderBatch Repeated(const models::EncoderBatch& batch, int64_t times) {
  const int64_t length = batch.tokens.size(2);
  const auto repeated = [&](const Tensor& x) { return x.expand({1, times, length}).contiguous(); };
  models::EncoderBatch result = batch;
  result.tokens = repeated(batch.tokens);
  result.token_types = repeated(batch.token_types);
  result.valid = repeated(batch.valid);
  result.places = {std::vector<int64_t>(static_cast<size_t>(times), batch.places[0][0])};
  return result;
}

void DivideRowsBySums(int64_t n, Values& values) {
  for (int64_t row = 0; row < n; ++row) {
    double* const begin = values.data() + row * n;
    const double sum = std::accumulate(begin, begin + n, 0.0);
    for (int64_t i = 0; sum > 0 && i < n; ++i) begin[i] /= sum;
  }
}

Values Product(const Values& a, const Values& b, int64_t n) {
  Values product(a.size(), 0);
  for (int64_t row = 0; row < n; ++row) {
    for (int64_t middle = 0; middle < n; ++middle) {
      const double weight = a[row * n + middle];
      for (int64_t i = 0; weight != 0 && i < n; ++i) product[row * n + i] += weight * b[middle * n + i];
    }
  }
  return product;
}

}  // namespace ablate::attribution
