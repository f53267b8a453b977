// Experiments as the verbs take them: by file, or by the name that the database knows.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace ablate::runner {

// `target` as it is, if it is a name; of a file (a path with '/', a name that ends in .textproto, or a file that is there) the
// experiment's name. Errors are the file's.
absl::StatusOr<std::string> ExperimentName(const std::string& target);

}  // namespace ablate::runner
