// `ablate show`: one trial, with all that is known of it.
#pragma once

#include "runner/cli/verb.h"

namespace ablate::runner {

Verb AddShow(CLI::App& app);

}  // namespace ablate::runner
