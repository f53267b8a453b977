// The trials of an experiment with what they are and what they reached.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/store/reader.h"

namespace ablate::analysis {

struct TrialResult {
  std::string arm;
  int64_t seed = 0;
  std::string state;                            // in the experiment
  double value = 0;                             // of the metric that counts; NaN unless it succeeded with a number
  std::map<std::string, std::string> settings;  // fields that count for its id, as canonical text
};

// In the experiment's order.
absl::StatusOr<std::vector<TrialResult>> ReadTrials(const store::Reader& reader, const std::string& experiment);

// The trial's value of a field, its default where it isn't set; nullopt where the trial doesn't read it. `field` is an index
// in spec::TrialFields().
std::optional<std::string> FieldValue(const TrialResult& trial, int field);

// Fields other than the seed that take more than one value among the trials that read them, sorted by path.
std::vector<int> VariedFields(const std::vector<TrialResult>& trials);

// Whether a trial reads `field` only with certain values of `other`, directly or not.
bool DependsOn(int field, int other);

}  // namespace ablate::analysis
