// `ablate status`: how far experiments are, and what runs just now.
#pragma once

#include "runner/cli/verb.h"

namespace ablate::runner {

Verb AddStatus(CLI::App& app);

}  // namespace ablate::runner
