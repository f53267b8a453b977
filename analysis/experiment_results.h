// An experiment's results as the database has them now.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/claims.h"
#include "analysis/leaderboard.h"
#include "lib/store/reader.h"

namespace ablate::analysis {

struct ExperimentResults {
  std::string name, question;
  std::string digest;            // of the file and its --set when it was recorded
  std::string metric, goal, at;  // "validation/accuracy", "MAXIMIZE", "LAST"
  std::vector<ArmResults> arms;  // in the experiment's order
  std::vector<Claim> claims;
  bool maximize() const { return goal == "MAXIMIZE"; }
};

// NotFound, with the names that there are, for an experiment that isn't in the database.
absl::StatusOr<ExperimentResults> ReadExperiment(const store::Reader& reader, const std::string& name);

}  // namespace ablate::analysis
