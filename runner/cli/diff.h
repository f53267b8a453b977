// `ablate diff`: what differs between two trials.
#pragma once

#include "runner/cli/verb.h"

namespace ablate::runner {

Verb AddDiff(CLI::App& app);

}  // namespace ablate::runner
