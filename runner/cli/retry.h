// `ablate retry`: see send_command.h.
#pragma once

#include "runner/cli/command_line.h"

namespace ablate::runner {

void AddRetry(CommandLine& line);

}  // namespace ablate::runner
