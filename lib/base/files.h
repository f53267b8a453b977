// Files and folders, with errors that name the path and the reason.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace ablate {

// The whole content. NotFound if it is missing, OutOfRange if it is longer than `max_bytes`, FailedPrecondition if it is a
// folder.
absl::StatusOr<std::string> ReadFile(const std::string& path, uint64_t max_bytes = UINT64_MAX);

// As ReadFile; a file whose name ends in ".gz" is decompressed, `max_bytes` then bounds the result. DataLoss on a broken one.
absl::StatusOr<std::string> ReadMaybeGzipped(const std::string& path, uint64_t max_bytes = UINT64_MAX);

// Writes a temporary file beside `path`, syncs it, renames it, syncs the folder: readers see the old content or the new one,
// also after a power loss.
absl::Status WriteFileDurably(const std::string& path, std::string_view content);

// As above without the syncs: atomic for readers, not durable on power loss.
absl::Status WriteFileAtomically(const std::string& path, std::string_view content);

// Makes the folder and those above it; ok if it is there.
absl::Status MakeFolders(const std::string& path);

// Names in a folder, sorted, without "." and "..". NotFound if there is no such folder.
absl::StatusOr<std::vector<std::string>> ListFolder(const std::string& path);

// Makes the names in a folder survive a power loss.
absl::Status SyncFolder(const std::string& path);

bool FileExists(const std::string& path);
absl::StatusOr<uint64_t> FileSize(const std::string& path);

// "path: what: reason" for an errno: NotFound, ResourceExhausted (no space), PermissionDenied, else Unavailable.
absl::Status ErrnoStatus(int error, std::string_view what, const std::string& path);

// "a/b" from "a" and "b"; `path` alone if it is absolute.
std::string JoinPath(std::string_view folder, std::string_view path);
// The line and its end, whole, to a pipe or socket. FailedPrecondition where nobody reads any more, and SIGPIPE is ignored.
absl::Status WriteLine(int file, const std::string& line);

// "a" from "a/b", "." from "b".
std::string ParentFolder(std::string_view path);
// "b" from "a/b", and from "b".
std::string FileName(std::string_view path);

// Whether the path, ".." resolved by its letters, leads into the folder.
bool IsBelow(const std::string& path, const std::string& folder);

// Absolute, without links, where it is there; else as it is.
std::string WithoutLinks(const std::string& path);

}  // namespace ablate
