// `ablate diff`: what differs between two trials.
#pragma once

#include "runner/cli/command_line.h"

namespace ablate::runner {

void AddDiff(CommandLine& line);

}  // namespace ablate::runner
