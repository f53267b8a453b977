// `ablate merge`: one results database taken into another.
#pragma once

#include "runner/cli/verb.h"

namespace ablate::runner {

Verb AddMerge(CLI::App& app);

}  // namespace ablate::runner
