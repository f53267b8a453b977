#include "lib/training/attention_log.h"

#include <ATen/TensorOperators.h>

#include <algorithm>
#include <utility>

#include "lib/attention/learned_parameters.h"
#include "lib/base/status_macros.h"

namespace ablate::training {
namespace {

using at::Tensor;

void AddHead(const models::AttentionPlace& place, int64_t head, const std::string& statistic, double value,
             AttentionStatistics& statistics) {
  HeadStatistic& entry = *statistics.add_head();
  entry.set_attention(attention::Name(place.kind));
  entry.set_layer(static_cast<uint32_t>(place.layer));
  entry.set_head(static_cast<uint32_t>(head));
  entry.set_statistic(statistic);
  entry.set_value(value);
}

// Which queries and keys a kind has.
const Tensor& QueriesOf(attention::Kind kind, const models::Batch& batch) {
  return kind == attention::Kind::kEncoder || !batch.target_valid.defined() ? batch.valid : batch.target_valid;
}

const Tensor& KeysOf(attention::Kind kind, const models::Batch& batch) {
  return kind == attention::Kind::kCross ? batch.valid : QueriesOf(kind, batch);
}

}  // namespace

AttentionLog::AttentionLog(const ArrayState& state, bool full)
    : state_(state), places_(state.network->attentions()), imposed_(places_.size()) {
  for (size_t i = 0; i < places_.size(); ++i) {
    OfKind& kind = kinds_[places_[i].kind];
    if (kind.maps == nullptr) Start(places_[i].kind, full, kind);
    if (!state.multipliers.empty()) kind.multipliers.push_back(state.multipliers[i]);
  }
}

void AttentionLog::Start(attention::Kind kind, bool full, OfKind& of_kind) const {
  const auto layers = static_cast<int>(
      std::count_if(places_.begin(), places_.end(), [&](const models::AttentionPlace& place) { return place.kind == kind; }));
  const auto heads = static_cast<int>(state_.network->heads());
  of_kind.settings = AttentionOf(state_.trials, kind);
  std::vector<Trial> trials;  // with what holds for this kind as their attention
  for (size_t t = 0; t < state_.trials.size(); ++t) {
    trials.push_back(state_.trials[t].request.trial());
    *trials.back().mutable_attention() = of_kind.settings[t];
  }
  of_kind.maps = std::make_unique<statistics::AttentionStatisticsAccumulator>(trials, attention::Name(kind), layers, heads);
  of_kind.balance = std::make_unique<BalanceStatistics>(attention::Name(kind), of_kind.settings);
  if (!full || kind != attention::Kind::kEncoder) return;
  of_kind.full = std::make_unique<statistics::FullStatisticsAccumulator>(trials, attention::Name(kind), layers, heads);
}

absl::Status AttentionLog::Add(const std::vector<attention::Outputs>& attentions, const models::Batch& batch) {
  for (size_t i = 0; i < places_.size(); ++i) {
    const attention::Outputs& outputs = attentions[i];
    OfKind& kind = kinds_.at(places_[i].kind);
    const Tensor &queries = QueriesOf(places_[i].kind, batch), &keys = KeysOf(places_[i].kind, batch);
    const auto layer = static_cast<int>(places_[i].layer);
    RETURN_IF_ERROR(kind.maps->Add(layer, outputs.probabilities, outputs.support, queries, keys));
    if (kind.full != nullptr) {
      RETURN_IF_ERROR(kind.full->Add(layer, outputs.probabilities, outputs.support, queries, keys));
    }
    kind.balance->Add(layer, outputs.violations, queries.size(1));
    if (outputs.imposed.defined()) imposed_[i] = imposed_[i].defined() ? imposed_[i] + outputs.imposed : outputs.imposed;
  }
  return absl::OkStatus();
}

AttentionStatistics AttentionLog::Result(int64_t t) const {
  AttentionStatistics statistics;
  for (const auto& [kind, of_kind] : kinds_) {
    statistics.MergeFrom(of_kind.maps->Result(static_cast<int>(t)));
    if (of_kind.full != nullptr) of_kind.full->AppendResult(static_cast<int>(t), statistics);
  }
  for (const models::AttentionPlace& place : places_) AddLearned(t, place, statistics);
  for (const auto& [kind, of_kind] : kinds_) of_kind.balance->Append(t, of_kind.multipliers, statistics);
  for (size_t i = 0; i < places_.size(); ++i) AddImposed(t, i, statistics);
  return statistics;
}

void AttentionLog::AddImposed(int64_t t, size_t place, AttentionStatistics& statistics) const {
  const Attention& settings = kinds_.at(places_[place].kind).settings[t];
  if (!imposed_[place].defined() || settings.sparsity().structure() == Sparsity::NONE) return;
  const Tensor own = imposed_[place][t].cpu().contiguous();  // [H, 2]
  for (int64_t head = 0; head < own.size(0); ++head) {
    const int64_t* const pairs = own.const_data_ptr<int64_t>() + 2 * head;
    AddHead(places_[place], head, "imposed_share", static_cast<double>(pairs[1]) / static_cast<double>(pairs[0]), statistics);
  }
}

// What its normalizer learns per head: "alpha", "length_scale", "sink".
void AttentionLog::AddLearned(int64_t t, const models::AttentionPlace& place, AttentionStatistics& statistics) const {
  const Attention& settings = kinds_.at(place.kind).settings[t];
  const auto add = [&](const std::string& name, const Tensor& values) {
    if (!attention::Learns(settings, name)) return;
    const Tensor own = values[t].detach().to(at::kDouble).cpu().contiguous();  // [H]
    for (int64_t head = 0; head < own.numel(); ++head) {
      AddHead(place, head, name, own.const_data_ptr<double>()[head], statistics);
    }
  };
  const Tensor d = state_.network->AlphaMinusOne(place);
  if (d.defined()) add("alpha", 1 + d.detach().to(at::kDouble));
  for (const auto& [name, value] : state_.network->Learned(place)) {
    if (value.dim() == 2) add(name, value);
  }
}

}  // namespace ablate::training
