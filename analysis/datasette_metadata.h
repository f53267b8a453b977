// What Datasette shows beside tables and columns: https://docs.datasette.io, "Metadata".
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "lib/store/reader.h"

namespace ablate::analysis {

// JSON for `datasette FILE --metadata ...`: views and their columns with their meaning, named queries as canned ones, and the
// tables that views read hidden. `database` is the file's name without its folder and last extension, as Datasette calls it.
absl::StatusOr<std::string> DatasetteMetadata(const store::Reader& reader, const std::string& database);

}  // namespace ablate::analysis
