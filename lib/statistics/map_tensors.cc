#include "lib/statistics/map_tensors.h"

#include <c10/util/Exception.h>

#include <string_view>

#include "fmt/format.h"
#include "fmt/ranges.h"
#include "lib/base/status_macros.h"

namespace ablate::statistics {
namespace {

absl::Status CheckTensor(std::string_view name, const at::Tensor& tensor, at::ScalarType type, at::IntArrayRef shape) {
  if (!tensor.defined()) return absl::InvalidArgumentError(fmt::format("attention statistics: {} is undefined", name));
  if (tensor.scalar_type() != type) {
    return absl::InvalidArgumentError(fmt::format("attention statistics: {} is {}; {} is needed", name,
                                                  c10::toString(tensor.scalar_type()), c10::toString(type)));
  }
  if (tensor.sizes() == shape) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format("attention statistics: {} has shape [{}]; [{}] is needed", name,
                                                fmt::join(tensor.sizes(), ", "), fmt::join(shape, ", ")));
}

absl::Status Check(const MapTensors& tensors, int64_t trials, int64_t heads) {
  const at::Tensor& probabilities = tensors.probabilities;
  if (!probabilities.defined() || probabilities.dim() != 5) {
    return absl::InvalidArgumentError(
        fmt::format("attention statistics: probabilities has shape [{}]; [trials, examples, heads, queries, keys] is needed",
                    fmt::join(probabilities.defined() ? probabilities.sizes() : at::IntArrayRef(), ", ")));
  }
  const int64_t examples = probabilities.size(1), queries = probabilities.size(3), keys = probabilities.size(4);
  RETURN_IF_ERROR(CheckTensor("probabilities", probabilities, at::kFloat, {trials, examples, heads, queries, keys}));
  RETURN_IF_ERROR(CheckTensor("support", tensors.support, at::kBool, {trials, examples, heads, queries, keys}));
  RETURN_IF_ERROR(CheckTensor("query_valid", tensors.query_valid, at::kBool, {trials, examples, queries}));
  return CheckTensor("key_valid", tensors.key_valid, at::kBool, {trials, examples, keys});
}

const uint8_t* Flags(const at::Tensor& tensor) { return reinterpret_cast<const uint8_t*>(tensor.const_data_ptr<bool>()); }

at::Tensor OnCpu(const at::Tensor& tensor) { return tensor.detach().to(at::kCPU).contiguous(); }

}  // namespace

absl::Status ForEachExample(const MapTensors& tensors, size_t trials, size_t heads,
                            const std::function<void(size_t, size_t, const ExampleMaps&)>& f) try {
  RETURN_IF_ERROR(Check(tensors, static_cast<int64_t>(trials), static_cast<int64_t>(heads)));
  const at::Tensor probabilities = OnCpu(tensors.probabilities), support = OnCpu(tensors.support);
  const at::Tensor query_valid = OnCpu(tensors.query_valid), key_valid = OnCpu(tensors.key_valid);
  const size_t examples = probabilities.size(1), queries = probabilities.size(3), keys = probabilities.size(4);
  for (size_t i = 0; i < trials * examples; ++i) {
    const size_t map = i * heads * queries * keys;
    f(i / examples, i % examples,
      {probabilities.const_data_ptr<float>() + map, Flags(support) + map, Flags(query_valid) + i * queries,
       Flags(key_valid) + i * keys, heads, queries, keys});
  }
  return absl::OkStatus();
} catch (const c10::Error& error) {
  return absl::InternalError(fmt::format("attention statistics: {}", error.what_without_backtrace()));
}

}  // namespace ablate::statistics
