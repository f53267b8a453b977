// `ablate doctor`: whether this machine is ready to run trials, and what to do where it isn't.
#pragma once

#include "runner/cli/verb.h"

namespace ablate::runner {

Verb AddDoctor(CLI::App& app);

}  // namespace ablate::runner
