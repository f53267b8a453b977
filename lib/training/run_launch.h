// Trains the trials of one launch as one array, or evaluates finished ones, in this process.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "lib/eventlog/writer.h"
#include "proto/launch.pb.h"

namespace ablate::training {

// Runs `request` in `launch_folder` (proto/launch.proto says what lies there). Everything that happens to a trial is an event
// of `log`: its failure too, which never is a failure of the launch. Reads control/ at step boundaries. Returns an error only
// where no trial can be trained (no such device, the folder can't be written); the caller then logs it.
absl::Status RunLaunch(const LaunchRequest& request, const std::string& launch_folder, eventlog::Writer& log);

}  // namespace ablate::training
