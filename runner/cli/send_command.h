// cancel and retry: done here if nobody writes the database, else left for the runner that does.
#pragma once

#include <string>

#include "runner/cli/command_line.h"
#include "runner/scheduler/commands.h"

namespace ablate::runner {

// `target` is an experiment's file or name. Prints what was done.
ExitCode SendCommand(Command::Kind kind, const std::string& target, const std::string& database);

}  // namespace ablate::runner
