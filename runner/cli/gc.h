// `ablate gc`: removes checkpoints that nobody needs.
#pragma once

#include "runner/cli/verb.h"

namespace ablate::runner {

Verb AddGc(CLI::App& app);

}  // namespace ablate::runner
