// What evaluations log of a network's attentions: statistics of their maps, what normalizers learn, and what was removed.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lib/attention/catalogue.h"
#include "lib/models/network.h"
#include "lib/statistics/attention_statistics.h"
#include "lib/statistics/full_statistics.h"
#include "lib/training/array_state.h"
#include "lib/training/balance_statistics.h"
#include "proto/event.pb.h"

namespace ablate::training {

// Of all trials of an array, over the batches of a set.
class AttentionLog {
 public:
  // `full`: of the encoder's maps also the FULL set of statistics.
  AttentionLog(const ArrayState& state, bool full);

  // Of one batch: as models::NetworkOutputs and models::Batch have it.
  absl::Status Add(const std::vector<attention::Outputs>& attentions, const models::Batch& batch);

  // Of trial t; trial and step are left to the caller.
  AttentionStatistics Result(int64_t t) const;

 private:
  struct OfKind {
    std::vector<Attention> settings;  // [T]
    std::unique_ptr<statistics::AttentionStatisticsAccumulator> maps;
    std::unique_ptr<statistics::FullStatisticsAccumulator> full;  // null: not wanted
    std::unique_ptr<BalanceStatistics> balance;
    std::vector<at::Tensor> multipliers;  // of each layer, as ArrayState's; empty if no trial has any
  };

  void Start(attention::Kind kind, bool full, OfKind& of_kind) const;
  void AddImposed(int64_t t, size_t place, AttentionStatistics& statistics) const;
  void AddLearned(int64_t t, const models::AttentionPlace& place, AttentionStatistics& statistics) const;

  const ArrayState& state_;
  std::vector<models::AttentionPlace> places_;
  std::map<attention::Kind, OfKind> kinds_;
  std::vector<at::Tensor> imposed_;  // of each place [T, H, 2], as attention::Outputs.imposed; undefined: nothing is
};

}  // namespace ablate::training
