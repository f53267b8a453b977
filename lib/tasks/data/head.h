// The first lines of a file, without reading the rest.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace ablate::tasks {

// Whole lines, at least `lines` of them unless the file has fewer; a file whose name ends in ".gz" is decompressed. NotFound if
// it is missing, OutOfRange if they take more than `max_bytes`, InvalidArgument on gzip data under another name, DataLoss on
// broken gzip data.
absl::StatusOr<std::string> ReadFirstLines(const std::string& path, int lines, size_t max_bytes);

}  // namespace ablate::tasks
