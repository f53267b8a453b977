// Statistics of attention maps, streamed over the batches of an evaluation: integer counts exact, sums in double, valid pairs
// only, no map kept. Definitions, units and ranges: lib/statistics/catalogue.h.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "proto/event.pb.h"
#include "proto/trial.pb.h"

namespace ablate::statistics {

class AttentionStatisticsAccumulator {
 public:
  // `trials` [T] say the balance target K of each (0: none). `attention` is "encoder", "decoder" or "cross".
  AttentionStatisticsAccumulator(const std::vector<Trial>& trials, std::string attention, int layers, int heads);
  ~AttentionStatisticsAccumulator();

  // probabilities [T, B, H, Q, K] f32, support the same in bool, query_valid [T, B, Q] and key_valid [T, B, K] bool.
  // InvalidArgument on bad shapes.
  absl::Status Add(int layer, const at::Tensor& probabilities, const at::Tensor& support, const at::Tensor& query_valid,
                   const at::Tensor& key_valid);

  // What was added for trial t of the array; trial id and step are left to the caller.
  AttentionStatistics Result(int t) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ablate::statistics
