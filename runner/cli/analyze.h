// `ablate analyze`: what the attention of finished trials is like, on examples of one's choice.
#pragma once

#include "runner/cli/command_line.h"

namespace ablate::runner {

void AddAnalyze(CommandLine& line, int argc, const char* const* argv);

}  // namespace ablate::runner
