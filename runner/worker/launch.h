// One launch: from its folder (proto/launch.proto says what lies there) to its event log.
#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"

namespace ablate::worker {

// Trains what <folder>/launch.pb asks for, with standard error in <folder>/log.txt, and appends everything from LaunchBegin to
// LaunchEnd to <folder>/events.log. Returns the launch's name. Whenever the log has grown, at most 20 times a second, `grown`
// is called with that name, from another thread. An error means that the folder can't be read or written: the log then has no
// LaunchEnd. What can't be trained (no such device) is the trials' failure instead.
absl::StatusOr<std::string> RunFolder(const std::string& folder, const std::function<void(const std::string&)>& grown);

}  // namespace ablate::worker
