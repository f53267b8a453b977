// Finished trials on second sets: what a launch does whose trials have evaluations (proto/launch.proto).
#pragma once

#include <c10/core/Device.h>

#include <string>

#include "absl/status/status.h"
#include "lib/training/attempt_log.h"
#include "lib/training/control.h"
#include "proto/launch.pb.h"

namespace ablate::training {

// One event for each evaluation, with each example's prediction or its analysis, or with what went wrong: a file that is
// missing or has bad rows, weights that can't be used, no memory. Leaves between two evaluations when it is asked to. An error
// is the log's.
absl::Status EvaluateTrials(const LaunchRequest& request, at::Device device, AttemptLog& log, Control& control);

}  // namespace ablate::training
