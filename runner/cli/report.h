// `ablate report`: an experiment as a page to read, to print and to pass on.
#pragma once

#include "runner/cli/verb.h"

namespace ablate::runner {

Verb AddReport(CLI::App& app);

}  // namespace ablate::runner
