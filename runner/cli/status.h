// `ablate status`: how far experiments are, and what runs just now.
#pragma once

#include "runner/cli/command_line.h"

namespace ablate::runner {

void AddStatus(CommandLine& line);

}  // namespace ablate::runner
