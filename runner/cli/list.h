// `ablate list`: the names that an experiment or a query may use.
#pragma once

#include "runner/cli/command_line.h"

namespace ablate::runner {

void AddList(CommandLine& line);

}  // namespace ablate::runner
