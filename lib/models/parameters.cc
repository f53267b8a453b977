#include "lib/models/parameters.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/tensor.h>

#include "lib/base/digest.h"
#include "lib/random/philox.h"

namespace ablate::models {

at::Tensor InitialNormal(const std::vector<uint64_t>& seeds, const std::string& name, const std::vector<int64_t>& shape,
                         double deviation) {
  std::vector<int64_t> sizes = shape;
  sizes.insert(sizes.begin(), static_cast<int64_t>(seeds.size()));
  const at::Tensor values = at::empty(sizes, at::kFloat);
  const int64_t size = values.numel() / static_cast<int64_t>(seeds.size());
  // 56 bits: what a stream's step has room for.
  const uint64_t name_number = std::stoull(Sha256(name).substr(0, 14), nullptr, 16);
  float* value = values.mutable_data_ptr<float>();
  for (const uint64_t seed : seeds) {
    const random::Numbers numbers(seed, random::Stream::kInitialWeights, name_number);
    for (int64_t i = 0; i < size; ++i) *value++ = static_cast<float>(deviation * numbers.Normal(i));
  }
  return values;
}

at::Tensor KeepTrials(const at::Tensor& tensor, const std::vector<int64_t>& trials) {
  if (!tensor.defined()) return tensor;
  return at::index_select(tensor.detach(), 0, at::tensor(trials, at::kLong).to(tensor.device()));
}

}  // namespace ablate::models
