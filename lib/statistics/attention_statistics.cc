#include "lib/statistics/attention_statistics.h"

#include <utility>

#include "fmt/format.h"
#include "lib/statistics/example_measure.h"
#include "lib/statistics/head_totals.h"
#include "lib/statistics/map_tensors.h"

namespace ablate::statistics {

struct AttentionStatisticsAccumulator::State {
  std::vector<Balance> balance;  // [T]
  std::string attention;
  size_t layers, heads;
  std::vector<std::vector<LayerTotals>> totals;  // [T][layers]
  ExampleMeasure measure;
};

AttentionStatisticsAccumulator::AttentionStatisticsAccumulator(const std::vector<Trial>& trials, std::string attention,
                                                               int layers, int heads)
    : state_(std::make_unique<State>()) {
  for (const Trial& trial : trials) state_->balance.push_back(trial.attention().balance());
  state_->attention = std::move(attention);
  state_->layers = layers;
  state_->heads = heads;
  LayerTotals empty;
  empty.heads.resize(heads);
  state_->totals.assign(trials.size(), std::vector<LayerTotals>(layers, empty));
}

AttentionStatisticsAccumulator::~AttentionStatisticsAccumulator() = default;

absl::Status AttentionStatisticsAccumulator::Add(int layer, const at::Tensor& probabilities, const at::Tensor& support,
                                                 const at::Tensor& query_valid, const at::Tensor& key_valid) {
  State& state = *state_;
  if (layer < 0 || static_cast<size_t>(layer) >= state.layers) {
    return absl::InvalidArgumentError(fmt::format("attention statistics: layer {} of {}", layer, state.layers));
  }
  return ForEachExample({probabilities, support, query_valid, key_valid}, state.balance.size(), state.heads,
                        [&](size_t trial, size_t, const ExampleMaps& maps) {
                          state.measure.Add(maps, state.balance[trial], state.totals[trial][layer]);
                        });
}

AttentionStatistics AttentionStatisticsAccumulator::Result(int t) const {
  AttentionStatistics statistics;
  for (size_t layer = 0; layer < state_->layers; ++layer) {
    const LayerTotals& totals = state_->totals[t][layer];
    for (size_t head = 0; head < state_->heads; ++head) {
      const HeadName name = {state_->attention, static_cast<int>(layer), static_cast<int>(head)};
      if (totals.heads[head].out.total() > 0) totals.heads[head].Write(name, state_->balance[t].k() > 0, statistics);
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
