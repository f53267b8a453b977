// `ablate leaderboard`: an experiment's answer at a glance.
#pragma once

#include "runner/cli/command_line.h"

namespace ablate::runner {

void AddLeaderboard(CommandLine& line);

}  // namespace ablate::runner
