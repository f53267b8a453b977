// One launch: from its folder (proto/launch.proto says what lies there) to its event log.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace ablate::worker {

// Trains what <folder>/launch.pb asks for, with standard error in <folder>/log.txt, and appends everything from LaunchBegin to
// LaunchEnd to <folder>/events.log. Returns the launch's name. An error means that no trial could be trained: the log then has no
// LaunchEnd.
absl::StatusOr<std::string> RunFolder(const std::string& folder);

}  // namespace ablate::worker
