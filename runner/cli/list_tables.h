// What `ablate list` prints, as tables: the first column is the name, the second says what it is.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/store/reader.h"

namespace ablate::runner {

// "fields", "metrics", "models", "normalizers", "queries", "statistics", "structures", "tasks", "views".
const std::vector<std::string>& ListNames();

// NotFound, with the nearest name, for a list that isn't there. `name` narrows it to the entry of that name, or else to those
// whose names begin with it; of one view or query it gives parameters and columns with their meaning, and the SQL. NotFound if
// nothing is left.
absl::StatusOr<store::Table> List(const std::string& list, const std::string& name);

}  // namespace ablate::runner
