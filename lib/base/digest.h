// SHA-256, so that a digest in the database can be checked with any tool.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace ablate {

// 64 hexadecimal digits.
std::string Sha256(std::string_view content);

// Sha256 of a file's bytes as stored (a gzip file's compressed ones), read in pieces.
absl::StatusOr<std::string> Sha256OfFile(const std::string& path);

}  // namespace ablate
