// `ablate cancel`: see send_command.h.
#pragma once

#include "runner/cli/verb.h"

namespace ablate::runner {

Verb AddCancel(CLI::App& app);

}  // namespace ablate::runner
