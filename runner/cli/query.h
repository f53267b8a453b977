// `ablate query`: rows of a results database by SQL, or by the name of a view or a named query.
#pragma once

#include "runner/cli/verb.h"

namespace ablate::runner {

Verb AddQuery(CLI::App& app);

}  // namespace ablate::runner
