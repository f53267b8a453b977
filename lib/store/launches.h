// Launches, their attempts and messages. Private to lib/store, within the caller's transaction; see lib/store/writer.h.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/store/sqlite.h"
#include "lib/store/writer.h"

namespace ablate::store {

// With an attempt, not yet begun, of each of its trials.
absl::Status InsertLaunch(Connection& connection, const LaunchRecord& launch);

// How a launch ended, and what becomes of the trials that had no end of their own.
struct Ending {
  std::string exit_reason, open_state, failure_class, message;

  std::string Outcome() const;  // of an open attempt
};

absl::Status FinishLaunch(Connection& connection, const std::string& launch, const Ending& ending);

absl::Status FailStoppedAttempt(Connection& connection, const std::string& launch, const std::string& trial,
                                const std::string& failure_class, const std::string& message);

absl::Status InsertMessage(Connection& connection, const std::string& launch, Note::Severity severity, const std::string& text);

absl::StatusOr<std::vector<std::pair<std::string, std::string>>> UnfinishedLaunches(Connection& connection);

}  // namespace ablate::store
