// Lines of a text file.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace ablate::tasks {

// All lines without their ends (LF or CR LF); a line may be empty. A file whose name ends in ".gz" is decompressed; a byte
// order mark at the start is skipped. NotFound if it is missing, InvalidArgument where it has no lines, and, as "path:line:
// ...", on bytes that are not UTF-8; OutOfRange above 2 GiB or 1 MiB a line; DataLoss on broken gzip data.
absl::StatusOr<std::vector<std::string>> ReadTextLines(const std::string& path);

// The first line or more, as ReadTextLines; reads no more of the file than these.
absl::StatusOr<std::vector<std::string>> ReadFirstTextLines(const std::string& path);

}  // namespace ablate::tasks
