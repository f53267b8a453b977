// `ablate merge`: one results database taken into another.
#pragma once

#include "runner/cli/command_line.h"

namespace ablate::runner {

void AddMerge(CommandLine& line);

}  // namespace ablate::runner
