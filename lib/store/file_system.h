// SQLite's WAL needs shared memory between the processes of one machine: network file systems are refused.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace ablate::store {

struct FileSystem {
  uint64_t magic = 0;  // statfs's f_type
  std::string type;    // as mounted: "fuse.sshfs"; looked up for FUSE only
};

// The file system that a folder is on.
absl::StatusOr<FileSystem> FileSystemOf(const std::string& folder);

// FailedPrecondition, naming the kind, if `file_system` is a network one. `database` is for the message.
absl::Status RefuseNetwork(const FileSystem& file_system, const std::string& database);

}  // namespace ablate::store
