// A results database for the asking verbs, and their exit codes.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/store/reader.h"
#include "runner/cli/exit_codes.h"

namespace ablate::runner {

// As store::Reader::Open; a missing file's message says how databases come to be.
absl::StatusOr<std::unique_ptr<store::Reader>> OpenStore(const std::string& path, const store::Reader::Options& options = {});

// kBadUsage where the question was wrong, or took too long (InvalidArgument, NotFound, PermissionDenied, DeadlineExceeded), else
// kStoreUnusable.
ExitCode CodeOf(const absl::Status& status);

// The context block of JSON output: program, database, what was asked.
std::vector<std::pair<std::string, std::string>> Context(const std::string& database, const std::string& asked);

}  // namespace ablate::runner
