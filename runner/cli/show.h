// `ablate show`: one trial, with all that is known of it.
#pragma once

#include "runner/cli/command_line.h"

namespace ablate::runner {

void AddShow(CommandLine& line);

}  // namespace ablate::runner
