// `ablate report`: an experiment as a page to read, to print and to pass on.
#pragma once

#include "runner/cli/command_line.h"

namespace ablate::runner {

void AddReport(CommandLine& line);

}  // namespace ablate::runner
