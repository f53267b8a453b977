// `ablate doctor`: whether this machine is ready to run trials, and what to do where it isn't.
#pragma once

#include "runner/cli/command_line.h"

namespace ablate::runner {

void AddDoctor(CommandLine& line);

}  // namespace ablate::runner
