// What was found out about a trial's attention. Private to lib/store, within the caller's transaction; see lib/store/writer.h.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "lib/store/sqlite.h"
#include "lib/store/statistics_rows.h"
#include "proto/event.pb.h"

namespace ablate::store {

// Of an evaluation whose row has the key `evaluation`. InvalidArgument where the result makes no sense.
absl::Status InsertAnalysis(Connection& connection, int64_t evaluation, const EvaluationResult& result, StatisticNames names);

}  // namespace ablate::store
