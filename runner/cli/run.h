// `ablate run`: trains what is missing of an experiment.
#pragma once

#include "runner/cli/command_line.h"

namespace ablate::runner {

// `argc` and `argv` are recorded with each launch.
void AddRun(CommandLine& line, int argc, const char* const* argv);

}  // namespace ablate::runner
