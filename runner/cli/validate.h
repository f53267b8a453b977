// `ablate validate`: what is wrong with experiment files, all of it at once.
#pragma once

#include "runner/cli/verb.h"

namespace ablate::runner {

Verb AddValidate(CLI::App& app);

}  // namespace ablate::runner
