// The option --attribution of the verbs that look at attention.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/attribution/catalogue.h"
#include "runner/cli/command_line.h"

namespace ablate::runner {

void AddAttributionOption(VerbOptions verb, std::vector<std::string>& names, const std::string& help);

// Entries of these names, in the catalogue's order; "all" is each of them. InvalidArgument on another name.
absl::StatusOr<std::vector<attribution::Entry>> ChosenAttributions(const std::vector<std::string>& names);

}  // namespace ablate::runner
