// `ablate compare`: what one field does, over trials that agree in all others.
#pragma once

#include "runner/cli/command_line.h"

namespace ablate::runner {

void AddCompare(CommandLine& line);

}  // namespace ablate::runner
