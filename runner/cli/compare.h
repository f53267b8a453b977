// `ablate compare`: what one field does, over trials that agree in all others.
#pragma once

#include "runner/cli/verb.h"

namespace ablate::runner {

Verb AddCompare(CLI::App& app);

}  // namespace ablate::runner
