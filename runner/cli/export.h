// `ablate export`: the views as files for other programs.
#pragma once

#include "runner/cli/verb.h"

namespace ablate::runner {

Verb AddExport(CLI::App& app);

}  // namespace ablate::runner
