// `ablate retry`: see send_command.h.
#pragma once

#include "runner/cli/verb.h"

namespace ablate::runner {

Verb AddRetry(CLI::App& app);

}  // namespace ablate::runner
