// The shape of every verb of `ablate`. A verb NAME is a library //runner/cli:NAME with one function in NAME.h,
//   Verb AddNAME(CLI::App& app);
// and a line in the list of main.cc. It adds its subcommand (options, footer with examples) and returns what to run when it was
// given; the variables that the options fill live in a shared_ptr that `run` holds.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "runner/cli/exit_codes.h"

namespace ablate::runner {

struct Verb {
  CLI::App* command = nullptr;
  std::function<ExitCode()> run;  // prints its own errors to stderr, results to stdout
};

}  // namespace ablate::runner
