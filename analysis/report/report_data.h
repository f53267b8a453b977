// All that a report shows, as one JSON document.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "lib/store/reader.h"

namespace ablate::analysis {

// {"experiment": {...}, "tables": {NAME: {"columns": [...], "rows": [[...]]}}}. Tables: leaderboard and one "by FIELD" per
// varied field as `ablate leaderboard` and `ablate compare` give them; curves, trials, heads, degrees, failures and launches
// from views. A curve has at most some 200 steps; longer ones are thinned. NaN and infinities are null.
absl::StatusOr<std::string> ReportData(const store::Reader& reader, const std::string& experiment);

}  // namespace ablate::analysis
