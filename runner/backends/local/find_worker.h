// Which program trains.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace ablate::runner {

// Absolute path: $ABLATE_WORKER; else ablate-worker beside this program; else where Bazel puts it, ../worker/ablate-worker.
// NotFound, with the places that were looked at.
absl::StatusOr<std::string> FindWorker();

}  // namespace ablate::runner
