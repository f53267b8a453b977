// --devices, and the worker program behind it.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "runner/cli/verb.h"
#include "runner/devices/devices.h"

namespace ablate::runner {

// --devices auto|cpu|cpu:N|cuda|cuda:0,1; default auto.
void AddDevicesOption(CLI::App& command, std::string& devices);

// Slots on this machine (SlotsFor). GPUs are usable where `worker --describe` says so; an empty `worker` can use none.
absl::StatusOr<Slots> SlotsOfThisMachine(const std::string& devices, const std::string& worker);

}  // namespace ablate::runner
