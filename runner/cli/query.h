// `ablate query`: rows of a results database by SQL, or by the name of a view or a named query.
#pragma once

#include "runner/cli/command_line.h"

namespace ablate::runner {

void AddQuery(CommandLine& line);

}  // namespace ablate::runner
