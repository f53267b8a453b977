// Statistics of attention maps, streamed over the batches of an evaluation: integer counts exact, sums in double, valid pairs
// only, no map kept. Definitions, units and ranges: lib/statistics/catalogue.h.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "proto/event.pb.h"
#include "proto/trial.pb.h"

namespace ablate::statistics {

// A trial's result is a function of its own slices and of the order of calls alone: neither the number of trials nor a
// neighbour's values (NaN included) change a bit of it. One thread, on the CPU: tensors of another device are copied first.
class AttentionStatisticsAccumulator {
 public:
  // `trials` [T] say the balance target of each. `attention` is "encoder", "decoder" or "cross".
  AttentionStatisticsAccumulator(const std::vector<Trial>& trials, std::string attention, int layers, int heads);
  ~AttentionStatisticsAccumulator();

  // probabilities [T, B, H, Q, K] f32, support the same in bool, query_valid [T, B, Q] and key_valid [T, B, K] bool. What lies
  // in padded rows and columns is not looked at. InvalidArgument on bad shapes, types or layers; nothing is added then.
  absl::Status Add(int layer, const at::Tensor& probabilities, const at::Tensor& support, const at::Tensor& query_valid,
                   const at::Tensor& key_valid);

  // What was added for trial t of the array; trial id and step are left to the caller. Layers to which no row was added have no
  // entries, and entropy, largest_weight and js_diversity are left out where no row had mass. NaN where a probability was.
  AttentionStatistics Result(int t) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ablate::statistics
