#include "lib/statistics/attention_statistics.h"

#include <c10/util/Exception.h>

#include <string_view>
#include <utility>

#include "fmt/format.h"
#include "fmt/ranges.h"
#include "lib/statistics/example_measure.h"
#include "lib/statistics/head_totals.h"

namespace ablate::statistics {

struct AttentionStatisticsAccumulator::State {
  std::vector<size_t> balance_k;  // [T]
  std::string attention;
  size_t layers, heads;
  std::vector<std::vector<LayerTotals>> totals;  // [T][layers]
  ExampleMeasure measure;

  void Add(int layer, const at::Tensor& probabilities, const at::Tensor& support, const at::Tensor& query_valid,
           const at::Tensor& key_valid);
};

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

const uint8_t* Flags(const at::Tensor& tensor) { return reinterpret_cast<const uint8_t*>(tensor.const_data_ptr<bool>()); }

at::Tensor OnCpu(const at::Tensor& tensor) { return tensor.detach().to(at::kCPU).contiguous(); }

}  // namespace

void AttentionStatisticsAccumulator::State::Add(int layer, const at::Tensor& probabilities, const at::Tensor& support,
                                                const at::Tensor& query_valid, const at::Tensor& key_valid) {
  const size_t trials = probabilities.size(0), examples = probabilities.size(1);
  const size_t queries = probabilities.size(3), keys = probabilities.size(4);
  for (size_t i = 0; i < trials * examples; ++i) {
    const size_t map = i * heads * queries * keys;
    const ExampleMaps maps = {probabilities.const_data_ptr<float>() + map,
                              Flags(support) + map,
                              Flags(query_valid) + i * queries,
                              Flags(key_valid) + i * keys,
                              heads,
                              queries,
                              keys};
    const size_t trial = i / examples;
    measure.Add(maps, balance_k[trial], totals[trial][layer]);
  }
}

AttentionStatisticsAccumulator::AttentionStatisticsAccumulator(const std::vector<Trial>& trials, std::string attention,
                                                               int layers, int heads)
    : state_(std::make_unique<State>()) {
  for (const Trial& trial : trials) state_->balance_k.push_back(trial.attention().balance().k());
  state_->attention = std::move(attention);
  state_->layers = layers;
  state_->heads = heads;
  LayerTotals empty;
  empty.heads.resize(heads);
  state_->totals.assign(trials.size(), std::vector<LayerTotals>(layers, empty));
}

AttentionStatisticsAccumulator::~AttentionStatisticsAccumulator() = default;

absl::Status AttentionStatisticsAccumulator::Add(int layer, const at::Tensor& probabilities, const at::Tensor& support,
                                                 const at::Tensor& query_valid, const at::Tensor& key_valid) try {
  State& state = *state_;
  if (layer < 0 || static_cast<size_t>(layer) >= state.layers) {
    return absl::InvalidArgumentError(fmt::format("attention statistics: layer {} of {}", layer, state.layers));
  }
  if (!probabilities.defined() || probabilities.dim() != 5) {
    return absl::InvalidArgumentError(
        fmt::format("attention statistics: probabilities has shape [{}]; [trials, examples, heads, queries, keys] is needed",
                    fmt::join(probabilities.defined() ? probabilities.sizes() : at::IntArrayRef(), ", ")));
  }
  const auto trials = static_cast<int64_t>(state.balance_k.size()), heads = static_cast<int64_t>(state.heads);
  const int64_t examples = probabilities.size(1), queries = probabilities.size(3), keys = probabilities.size(4);
  for (const absl::Status& status :
       {CheckTensor("probabilities", probabilities, at::kFloat, {trials, examples, heads, queries, keys}),
        CheckTensor("support", support, at::kBool, {trials, examples, heads, queries, keys}),
        CheckTensor("query_valid", query_valid, at::kBool, {trials, examples, queries}),
        CheckTensor("key_valid", key_valid, at::kBool, {trials, examples, keys})}) {
    if (!status.ok()) return status;
  }
  state.Add(layer, OnCpu(probabilities), OnCpu(support), OnCpu(query_valid), OnCpu(key_valid));
  return absl::OkStatus();
} catch (const c10::Error& error) {
  return absl::InternalError(fmt::format("attention statistics: {}", error.what_without_backtrace()));
}

AttentionStatistics AttentionStatisticsAccumulator::Result(int t) const {
  AttentionStatistics statistics;
  for (size_t layer = 0; layer < state_->layers; ++layer) {
    const LayerTotals& totals = state_->totals[t][layer];
    for (size_t head = 0; head < state_->heads; ++head) {
      const HeadName name = {state_->attention, static_cast<int>(layer), static_cast<int>(head)};
      if (totals.heads[head].out.total() > 0) totals.heads[head].Write(name, state_->balance_k[t] > 0, statistics);
    }
    if (totals.rows_with_mass == 0) continue;
    LayerStatistic& diversity = *statistics.add_layer();
    diversity.set_attention(state_->attention);
    diversity.set_layer(static_cast<uint32_t>(layer));
    diversity.set_statistic("js_diversity");
    diversity.set_value(totals.diversity / static_cast<double>(totals.rows_with_mass));
  }
  return statistics;
}

}  // namespace ablate::statistics
