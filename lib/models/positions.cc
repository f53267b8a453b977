#include "lib/models/positions.h"

#include <ATen/ops/empty.h>

#include <cmath>
#include <cstdlib>
#include <vector>

namespace ablate::models {

at::Tensor Sinusoids(int64_t length, int64_t width) {
  std::vector<double> frequencies;
  for (int64_t i = 0; i < width; ++i) {
    frequencies.push_back(std::pow(10000., -static_cast<double>(i - i % 2) / static_cast<double>(width)));
  }
  const at::Tensor table = at::empty({length, width}, at::kFloat);
  float* value = table.mutable_data_ptr<float>();
  for (int64_t position = 0; position < length; ++position) {
    for (int64_t i = 0; i < width; ++i) {
      const double angle = static_cast<double>(position) * frequencies[i];
      *value++ = static_cast<float>(i % 2 == 0 ? std::sin(angle) : std::cos(angle));
    }
  }
  return table;
}

at::Tensor DistanceBias(::ablate::Encoder::Positions positions, int64_t heads, int64_t first_query, int64_t queries,
                        int64_t keys) {
  const bool half = positions == ::ablate::Encoder::HALF_ALIBI;
  if (!half && positions != ::ablate::Encoder::ALIBI) return {};
  const int64_t sloped = half ? heads / 2 : heads;
  const at::Tensor bias = at::empty({heads, queries, keys}, at::kFloat);
  float* value = bias.mutable_data_ptr<float>();
  for (int64_t head = 0; head < heads; ++head) {
    const double slope = head < sloped ? std::exp2(-8 * static_cast<double>(head + 1) / static_cast<double>(sloped)) : 0;
    for (int64_t query = first_query; query < first_query + queries; ++query) {
      for (int64_t key = 0; key < keys; ++key)
        *value++ = static_cast<float>(-slope * static_cast<double>(std::abs(query - key)));
    }
  }
  return bias;
}

}  // namespace ablate::models
