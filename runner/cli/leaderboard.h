// `ablate leaderboard`: an experiment's answer at a glance.
#pragma once

#include "runner/cli/verb.h"

namespace ablate::runner {

Verb AddLeaderboard(CLI::App& app);

}  // namespace ablate::runner
