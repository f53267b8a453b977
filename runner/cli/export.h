// `ablate export`: the views as files for other programs.
#pragma once

#include "runner/cli/command_line.h"

namespace ablate::runner {

void AddExport(CommandLine& line);

}  // namespace ablate::runner
