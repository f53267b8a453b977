// Which evaluations of an experiment's second sets are still to be made.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/spec/plan.h"
#include "lib/store/reader.h"
#include "proto/launch.pb.h"

namespace ablate::runner {

struct MissingEvaluations {
  std::vector<TrialRequest> trials;          // with their weights and what is to be made, in the plan's order
  uint64_t evaluations = 0;                  // of them
  uint64_t there = 0;                        // evaluations that were made before
  uint64_t unfinished = 0;                   // trials that have not succeeded
  std::vector<std::string> without_weights;  // ids of trials that have, and whose weights are gone
};

// The id of an evaluation depends on trial, set and the content of the set's file, wherever it lies. NotFound, naming the set,
// on a file that can't be read; other errors are the reader's. `database` is absolute.
absl::StatusOr<MissingEvaluations> FindMissingEvaluations(const spec::Plan& plan, const std::string& data_folder,
                                                          const store::Reader& reader, const std::string& database);

}  // namespace ablate::runner
