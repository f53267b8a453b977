// `ablate gc`: removes checkpoints that nobody needs.
#pragma once

#include "runner/cli/command_line.h"

namespace ablate::runner {

void AddGc(CommandLine& line);

}  // namespace ablate::runner
