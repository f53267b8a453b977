// What papers report, from an expected.csv beside an experiment.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/across_seeds.h"
#include "analysis/experiment_results.h"

namespace ablate::analysis {

// One number of a paper.
struct PublishedValue {
  std::string arm;       // as the experiment calls it
  std::string quantity;  // name of a metric: all of it or what is behind its last '/'; "": a difference
  std::string baseline;  // of a difference: arm - baseline, in the experiment's metric
  double value = 0;
  std::string source;  // "" where the file names none
};

// CSV (RFC 4180) in UTF-8, the first row a header: `arm`; `source`, which may be missing; every other column holds numbers and
// is named by a metric ("accuracy", "validation/accuracy") or "difference_to_ARM". An empty cell: the paper doesn't say.
// InvalidArgument with path:line for a missing or doubled column, a row of another length, an arm without name, a cell that is
// no finite number, a quote that is not closed.
absl::StatusOr<std::vector<PublishedValue>> ParsePublished(const std::string& path, std::string_view text);

// Whether it is a value of the metric that counts in the experiment.
bool OfMetric(const PublishedValue& published, const ExperimentResults& results);

// What the experiment has for it: a mean over seeds or a mean of paired differences; n is 0 where it has none, since the arm
// isn't part of it, has no values yet, or another metric counts.
Estimate OursFor(const PublishedValue& published, const ExperimentResults& results);

// One row per published value, with ours and where the published one lies.
store::Table PublishedTable(const std::vector<PublishedValue>& published, const ExperimentResults& results);

}  // namespace ablate::analysis
