// `ablate run`: trains what is missing of an experiment.
#pragma once

#include "runner/cli/verb.h"

namespace ablate::runner {

// `argc` and `argv` are recorded with each launch.
Verb AddRun(CLI::App& app, int argc, const char* const* argv);

}  // namespace ablate::runner
