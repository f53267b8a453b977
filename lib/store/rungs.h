// Decisions of early stopping. Private to lib/store, within the caller's transaction; see lib/store/writer.h.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/store/sqlite.h"
#include "lib/store/writer.h"

namespace ablate::store {

absl::StatusOr<std::vector<RungDecision>> RungDecisions(Connection& connection, const std::string& experiment);

absl::Status InsertRungDecisions(Connection& connection, const std::string& experiment,
                                 const std::vector<RungDecision>& decisions, const std::vector<std::string>& stopped);

}  // namespace ablate::store
