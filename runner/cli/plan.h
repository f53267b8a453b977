// `ablate plan`: what `ablate run` would do.
#pragma once

#include "runner/cli/verb.h"

namespace ablate::runner {

Verb AddPlan(CLI::App& app);

}  // namespace ablate::runner
