// `ablate attention`: who attends whom in one text.
#pragma once

#include "runner/cli/command_line.h"

namespace ablate::runner {

void AddAttention(CommandLine& line);

}  // namespace ablate::runner
