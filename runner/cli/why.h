// `ablate run --why`: for each trial of a plan, whether it runs and for what reason.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "lib/spec/plan.h"
#include "lib/store/reader.h"

namespace ablate::runner {

// One row per trial in the plan's order: trial (the first 12 digits of its id), arm, seed, runs ("yes", "no"), why. As the
// database is now; one that is not there yet has no trials.
absl::StatusOr<store::Table> ReasonsOf(const spec::Plan& plan, const std::string& database);

}  // namespace ablate::runner
