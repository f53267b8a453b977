// Results on second sets, and of analyses. Private to lib/store, within the caller's transaction; see lib/store/writer.h.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "lib/store/sqlite.h"
#include "lib/store/statistics_rows.h"
#include "proto/event.pb.h"

namespace ablate::store {

// A result that is there already stays as it is; a failure becomes a message of the launch. InvalidArgument where the result
// makes no sense: an unknown trial, lists of different lengths.
absl::Status InsertEvaluation(Connection& connection, int64_t launch, int64_t time_us, const EvaluationResult& result,
                              StatisticNames names);

}  // namespace ablate::store
