// `ablate list`: the names that an experiment or a query may use.
#pragma once

#include "runner/cli/verb.h"

namespace ablate::runner {

Verb AddList(CLI::App& app);

}  // namespace ablate::runner
