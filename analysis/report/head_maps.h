// The statistics of all heads of an experiment, at the last evaluation of each trial, as maps of layers × heads.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/report/study.h"

namespace ablate::analysis {

struct HeadMaps {
  using Layer = std::pair<std::string, int64_t>;  // attention ("encoder"), layer
  using Values = std::vector<double>;             // [layers, heads]; NaN: not recorded

  struct Trial {
    std::string arm, state;
    int64_t seed = 0;
    std::vector<Values> of;  // by statistic; empty: none of its heads has it
  };

  std::vector<Layer> layers;            // sorted
  size_t heads = 0;                     // of the layer that has most
  std::vector<std::string> statistics;  // density, alpha, entropy, then by name
  std::vector<Trial> trials;            // in the experiment's order; only those with statistics

  size_t cells() const { return layers.size() * heads; }
  // Mean over the succeeded trials of an arm that have it; empty where none has.
  Values MeanOf(const std::string& arm, size_t statistic) const;
  // How many they are.
  int CountOf(const std::string& arm) const;
  // Smallest and largest value over all trials; (0, 1) where there is none.
  std::pair<double, double> RangeOf(size_t statistic) const;
};

absl::StatusOr<HeadMaps> ReadHeadMaps(const Study& study);

}  // namespace ablate::analysis
