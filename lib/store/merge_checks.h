// What two databases must agree on before one is taken into the other. Private to lib/store.
#pragma once

#include "absl/status/status.h"
#include "lib/store/sqlite.h"

namespace ablate::store {

// Of "main" and "other", which is attached. FailedPrecondition, with trial, experiment or launch and both values, where facts
// differ: settings of trials with one id, results of trials that both finished, texts of experiments with one name, launches
// with one name; and while a launch of either goes on.
absl::Status CheckMergeable(sqlite3* database);

}  // namespace ablate::store
