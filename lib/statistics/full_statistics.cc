#include "lib/statistics/full_statistics.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "fmt/format.h"
#include "lib/statistics/full/degree_deviations.h"
#include "lib/statistics/full/dense_maps.h"
#include "lib/statistics/full/distances.h"
#include "lib/statistics/full/diversity.h"
#include "lib/statistics/full/means.h"
#include "lib/statistics/full/reach.h"
#include "lib/statistics/full/rollout.h"
#include "lib/statistics/full/row_shape.h"
#include "lib/statistics/full/spectral_gap.h"
#include "lib/statistics/map_tensors.h"
#include "lib/statistics/regularity.h"

namespace ablate::statistics {
namespace {

struct LayerMeans {
  Means layer;
  std::vector<Means> heads;
};

// What an example's layers so far have come to.
struct Depth {
  Reach reach;
  Rollout rollout;
};

// Whether any head of the layer connects the pair.
std::vector<uint8_t> UnionOfHeads(const DenseMaps& maps) {
  const size_t pairs = maps.rows() * maps.columns();
  std::vector<uint8_t> connected(pairs, 0);
  for (size_t i = 0; i < maps.support.size(); ++i) connected[i % pairs] |= maps.support[i];
  return connected;
}

void AddHead(const DenseMaps& maps, size_t head, const Balance& balance, Means& means) {
  AddRowShape(maps, head, means);
  AddDistances(maps, head, means);
  AddDegreeDeviations(maps, head, TargetsOf(balance, maps.rows(), maps.columns()), means);
  const uint8_t* const support = maps.Support(head);
  means.Add("spectral_gap", SpectralGap({support, support + maps.rows() * maps.columns()}, maps.rows(), maps.columns()));
}

void AddExample(const DenseMaps& maps, const Balance& balance, Depth& depth, LayerMeans& means) {
  if (maps.rows() == 0) return;
  for (size_t head = 0; head < maps.heads; ++head) AddHead(maps, head, balance, means.heads[head]);
  AddDiversity(maps, means.layer);
  depth.reach.Add(maps);
  depth.rollout.Add(maps);
  means.layer.Add("reach", depth.reach.Share());
  means.layer.Add("reached_all", depth.reach.All());
  means.layer.Add("effective_receptive_field", depth.rollout.EffectiveReceptiveField());
  means.layer.Add("layer_spectral_gap", SpectralGap(UnionOfHeads(maps), maps.rows(), maps.columns()));
}

bool SamePlaces(const at::Tensor& queries, const at::Tensor& keys) { return queries.defined() && queries.equal(keys); }

}  // namespace

struct FullStatisticsAccumulator::State {
  std::vector<Balance> balance;  // [T]
  std::string attention;
  size_t layers, heads;
  std::vector<std::vector<LayerMeans>> means;  // [T][layers]
  std::vector<std::vector<Depth>> depths;      // [T][examples of the batch]
  size_t next_layer = 0;
};

FullStatisticsAccumulator::FullStatisticsAccumulator(const std::vector<Trial>& trials, std::string attention, int layers,
                                                     int heads)
    : state_(std::make_unique<State>()) {
  for (const Trial& trial : trials) state_->balance.push_back(trial.attention().balance());
  state_->attention = std::move(attention);
  state_->layers = layers;
  state_->heads = heads;
  LayerMeans empty;
  empty.heads.resize(heads);
  state_->means.assign(trials.size(), std::vector<LayerMeans>(layers, empty));
}

FullStatisticsAccumulator::~FullStatisticsAccumulator() = default;

absl::Status FullStatisticsAccumulator::Add(int layer, const at::Tensor& probabilities, const at::Tensor& support,
                                            const at::Tensor& query_valid, const at::Tensor& key_valid) {
  State& state = *state_;
  const auto number = static_cast<size_t>(layer);
  if (layer < 0 || number >= state.layers || (layer != 0 && number != state.next_layer)) {
    return absl::InvalidArgumentError(
        fmt::format("attention statistics: layer {} of {} after layer {}", layer, state.layers, state.next_layer - 1));
  }
  if (!SamePlaces(query_valid, key_valid)) {
    return absl::InvalidArgumentError("attention statistics: queries and keys must be the same tokens for the FULL set");
  }
  if (layer == 0)
    state.depths.assign(state.balance.size(), std::vector<Depth>(query_valid.dim() == 3 ? query_valid.size(1) : 0));
  state.next_layer = number + 1;
  return ForEachExample({probabilities, support, query_valid, key_valid}, state.balance.size(), state.heads,
                        [&](size_t trial, size_t example, const ExampleMaps& maps) {
                          AddExample(WithoutPadding(maps), state.balance[trial], state.depths[trial][example],
                                     state.means[trial][number]);
                        });
}

void FullStatisticsAccumulator::AppendResult(int t, AttentionStatistics& statistics) const {
  for (size_t layer = 0; layer < state_->layers; ++layer) {
    const LayerMeans& means = state_->means[t][layer];
    for (size_t head = 0; head < state_->heads; ++head) {
      means.heads[head].ForEach([&](const std::string& name, double mean) {
        HeadStatistic& entry = *statistics.add_head();
        entry.set_attention(state_->attention);
        entry.set_layer(static_cast<uint32_t>(layer));
        entry.set_head(static_cast<uint32_t>(head));
        entry.set_statistic(name);
        entry.set_value(mean);
      });
    }
    means.layer.ForEach([&](const std::string& name, double mean) {
      LayerStatistic& entry = *statistics.add_layer();
      entry.set_attention(state_->attention);
      entry.set_layer(static_cast<uint32_t>(layer));
      entry.set_statistic(name);
      entry.set_value(mean);
    });
  }
}

}  // namespace ablate::statistics
