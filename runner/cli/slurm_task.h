// `ablate slurm-task`: what batch scripts of `ablate run --backend slurm` run. Not in the help.
#pragma once

#include "runner/cli/verb.h"

namespace ablate::runner {

Verb AddSlurmTask(CLI::App& app);

}  // namespace ablate::runner
