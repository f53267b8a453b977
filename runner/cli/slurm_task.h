// `ablate slurm-task`: what batch scripts of `ablate run --backend slurm` run. Not in the help.
#pragma once

#include "runner/cli/command_line.h"

namespace ablate::runner {

void AddSlurmTask(CommandLine& line);

}  // namespace ablate::runner
