// Experiments, their trials, and the states of those. Private to lib/store; see lib/store/writer.h for what each does.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/store/sqlite.h"
#include "lib/store/writer.h"

namespace ablate::store {

// Within the caller's transaction.
absl::Status InsertExperiment(Connection& connection, const ExperimentRecord& experiment, size_t trials,
                              const std::function<TrialRecord(size_t)>& trial);

// As Writer::ForEachStatus. `folder` is the database's: launch folders may be relative to it.
absl::Status ForEachTrialStatus(Connection& connection, const std::string& experiment, const std::string& folder,
                                const StatusTaker& take);

absl::Status ChangeState(Connection& connection, const std::string& experiment, const std::string& trial,
                         const std::string& state);

}  // namespace ablate::store
