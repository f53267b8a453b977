// `ablate cancel`: see send_command.h.
#pragma once

#include "runner/cli/command_line.h"

namespace ablate::runner {

void AddCancel(CommandLine& line);

}  // namespace ablate::runner
