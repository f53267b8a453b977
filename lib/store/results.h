// trial_results: of the metric that counts in an experiment, each trial's last and best value, kept up to date by the writer so
// that a leaderboard need not look at points. Private to lib/store; all within the caller's transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/store/sqlite.h"

namespace ablate::store {

// The metric that counts in one experiment.
struct CountedMetric {
  int64_t experiment, metric;
  bool maximize;
};

// Of all experiments that have the trial.
absl::StatusOr<std::vector<CountedMetric>> CountedMetrics(Connection& connection, int64_t trial);

// Last and best of some points. NaN is a last value, but never a best one; of equal values the earliest step is the best.
struct LastAndBest {
  int64_t last_step = -1;
  double last_value = 0;
  std::optional<int64_t> best_step;
  double best_value = 0;

  void Add(int64_t step, double value, bool maximize);
};

// Takes new points into the trial's result.
absl::Status MergeResult(Connection& connection, int64_t trial, const CountedMetric& counted, const LastAndBest& more);

// Makes the trial's result anew from all points that are not void.
absl::Status RecomputeResult(Connection& connection, int64_t trial, const CountedMetric& counted);

}  // namespace ablate::store
