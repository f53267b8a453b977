// Runs another program for its output.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace ablate::runner {

// What the program wrote to standard output. `arguments[0]` is its path. NotFound if it can't be started; DeadlineExceeded
// after `limit_seconds`, when it and what it started are killed; Internal if it failed, with how it ended.
absl::StatusOr<std::string> OutputOf(const std::vector<std::string>& arguments, int limit_seconds);

}  // namespace ablate::runner
