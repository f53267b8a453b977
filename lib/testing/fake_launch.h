// "Trains" a launch without torch: deterministic points, real event logs, checkpoints and commands.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lib/eventlog/writer.h"
#include "lib/testing/faults.h"
#include "proto/launch.pb.h"

namespace ablate::testing {

struct FakeOptions {
  std::vector<Fault> faults;
  std::string counting_folder;    // for faults that strike a number of times
  uint64_t step_us = 0;           // time that a step takes. Unit: microseconds
  uint64_t metrics = 1;           // logged with the training loss, itself included
  std::function<void()> on_step;  // after each step of the array
};

// Runs the launch as lib/training would: every value is a function of the trial's seed, its attention and all steps before it
// (a state is carried along and checkpointed), so a resume at a wrong step or from a wrong state shows in all later points.
absl::Status RunFakeLaunch(const LaunchRequest& request, const std::string& folder, const FakeOptions& options,
                           eventlog::Writer& log);

}  // namespace ablate::testing
