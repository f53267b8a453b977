// Parameters of named queries: what is missing or misspelt is said with the names that the database has.
#pragma once

#include "absl/status/statusor.h"
#include "lib/store/documented.h"
#include "lib/store/reader.h"

namespace ablate::runner {

// `given`, with `experiment` filled in where it is left out and the database has only one. InvalidArgument, with the names that
// there are or the nearest of them, for a parameter that is missing, and for an experiment, arm, metric, field or trial that is
// not in the database.
absl::StatusOr<store::Parameters> CheckParameters(const store::Reader& reader, const store::Documented& query,
                                                  store::Parameters given);

}  // namespace ablate::runner
