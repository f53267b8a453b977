// `ablate plan`: what `ablate run` would do.
#pragma once

#include "runner/cli/command_line.h"

namespace ablate::runner {

void AddPlan(CommandLine& line);

}  // namespace ablate::runner
