// What one field does to the metric: the values that an experiment gives it, compared over trials that agree in all else.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/bootstrap.h"
#include "analysis/leaderboard.h"
#include "analysis/trial_results.h"

namespace ablate::analysis {

struct ValueStanding {
  std::string value;
  int arms = 0, failed = 0, unfinished = 0;
  Estimate mean;              // over seeds; of a seed the mean over all arms that have it
  Interval mean_bootstrap{};  // BCa, of the same
  double best_seed = 0;       // best single trial, which grows with their number; NaN: no values
  // This value minus the baseline's. At each seed the mean over the settings of the other fields that both have trials with;
  // fields that are read only with one of the two values (entmax's alpha) are averaged over.
  Difference to_baseline;
  Interval difference_bootstrap{};
  int matched = 0;  // such settings
};

struct FieldComparison {
  std::string field, baseline;
  std::vector<ValueStanding> values;  // ascending where all are numbers, else in the experiment's order
};

// `field` is a path, or the end of one that only one varied field has ("alpha"). `baseline` is one of its values; "": the
// field's default if it is among them, else the first. NotFound, with the varied fields, for a field that takes one value only
// or isn't there; InvalidArgument, with its values, for a baseline that is none of them.
absl::StatusOr<FieldComparison> CompareBy(const std::vector<TrialResult>& trials, bool maximize, const std::string& field,
                                          const std::string& baseline);

}  // namespace ablate::analysis
