// `ablate validate`: what is wrong with experiment files, all of it at once.
#pragma once

#include "runner/cli/command_line.h"

namespace ablate::runner {

void AddValidate(CommandLine& line);

}  // namespace ablate::runner
