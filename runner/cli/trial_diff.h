// What differs between two trials of a database: settings, where they ran, what came out.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/store/reader.h"

namespace ablate::runner {

// One row per fact that differs, (part, name, a, b, difference): of settings, of each trial's newest launch, of the metrics'
// last values, of the heads' means at the last evaluation. "difference" is b - a of numbers. A setting at its default, or not
// read, and a metric that was not logged are NULL.
absl::StatusOr<store::Table> TrialDifferences(const store::Reader& reader, const std::string& a, const std::string& b);

}  // namespace ablate::runner
