// `ablate evaluate`: finished trials on second sets.
#pragma once

#include "runner/cli/command_line.h"

namespace ablate::runner {

void AddEvaluate(CommandLine& line, int argc, const char* const* argv);

}  // namespace ablate::runner
