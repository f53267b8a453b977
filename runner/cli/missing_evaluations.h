// Which evaluations of an experiment's finished trials are still to be made.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/spec/plan.h"
#include "lib/store/reader.h"
#include "proto/launch.pb.h"

namespace ablate::runner {

// One evaluation that every trial is to have.
struct WantedEvaluation {
  EvaluationRequest request;  // without its id
  std::string identity;       // all that its id depends on but for the trial
};

struct MissingEvaluations {
  std::vector<TrialRequest> trials;          // with their weights and what is to be made, in the plan's order
  uint64_t evaluations = 0;                  // of them
  uint64_t there = 0;                        // evaluations that were made before
  uint64_t unfinished = 0;                   // trials that have not succeeded
  std::vector<std::string> without_weights;  // ids of trials that have, and whose weights are gone
};

// Digest of a set's file, wherever it lies: what else an evaluation depends on is in its request. NotFound, naming the set.
absl::StatusOr<std::string> DigestOfSet(const EvaluationSet& set, const std::string& data_folder);

// Errors are the reader's. `database` is absolute.
absl::StatusOr<MissingEvaluations> FindMissingEvaluations(const spec::Plan& plan, const std::vector<WantedEvaluation>& wanted,
                                                          const store::Reader& reader, const std::string& database);

// The files of the weights of trials that succeeded, by trial, where they are there; "" where they are gone. As above.
absl::StatusOr<std::map<std::string, std::string>> WeightsOf(const store::Reader& reader, const std::string& database);

}  // namespace ablate::runner
