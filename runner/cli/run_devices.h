// --devices, and the worker program behind it.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "runner/cli/command_line.h"
#include "runner/devices/devices.h"

namespace ablate::runner {

// --devices auto|cpu|cpu:N|cuda|cuda:0,1|FILE; default auto.
void AddDevicesOption(VerbOptions verb, std::string& devices);

// What --devices names: devices of this machine (DevicesFor), or those of a file, which are believed. GPUs of this machine are
// usable where `worker --describe` says so; an empty `worker` can use none.
absl::StatusOr<Devices> ChosenDevices(const std::string& devices, const std::string& worker);

// What a wrong --devices is to the shell.
ExitCode CodeOfDevices(const absl::Status& status);

}  // namespace ablate::runner
