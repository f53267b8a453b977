// A machine's devices as a file (proto/devices.proto).
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "proto/devices.pb.h"

namespace ablate::runner {

// Whether a value of --devices names a file: it has a '/' or ends in ".textproto".
bool IsInventoryPath(const std::string& devices);

// InvalidArgument with all mistakes at once, each "path:line:column: ..."; NotFound without the file.
absl::StatusOr<Inventory> ReadInventory(const std::string& path);

// As ReadInventory for text that is not in a file; `path` is used in messages.
absl::StatusOr<Inventory> ParseInventory(const std::string& text, const std::string& path);

}  // namespace ablate::runner
