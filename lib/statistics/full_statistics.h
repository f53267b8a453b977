// The FULL set of attention statistics, for `ablate analyze`: shape of rows, distances, deviations of degrees, diversity,
// reach, rollout, spectral gaps. Dearer than AttentionStatisticsAccumulator's, and of self-attention. Definitions, units and
// ranges: lib/statistics/catalogue.h.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "proto/event.pb.h"
#include "proto/trial.pb.h"

namespace ablate::statistics {

class FullStatisticsAccumulator {
 public:
  // As AttentionStatisticsAccumulator. `layers` are those whose rows are all tokens: an encoder that carries only the first
  // token on behind its last layer must not do so here.
  FullStatisticsAccumulator(const std::vector<Trial>& trials, std::string attention, int layers, int heads);
  ~FullStatisticsAccumulator();

  // One layer of a batch; its layers come in order, from 0 on, before the next batch. InvalidArgument on bad shapes, types or
  // layers, and where queries and keys are not the same tokens; nothing is added then.
  absl::Status Add(int layer, const at::Tensor& probabilities, const at::Tensor& support, const at::Tensor& query_valid,
                   const at::Tensor& key_valid);

  // Appends what was added for trial t of the array.
  void AppendResult(int t, AttentionStatistics& statistics) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ablate::statistics
