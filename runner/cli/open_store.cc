#include "runner/cli/open_store.h"

#include "fmt/format.h"
#include "lib/base/version.h"

namespace ablate::runner {

absl::StatusOr<std::unique_ptr<store::Reader>> OpenStore(const std::string& path, const store::Reader::Options& options) {
  absl::StatusOr<std::unique_ptr<store::Reader>> reader = store::Reader::Open(path, options);
  if (!absl::IsNotFound(reader.status())) return reader;
  // FailedPrecondition, since NotFound would tell CodeOf that the question was wrong.
  return absl::FailedPreconditionError(
      fmt::format("{}: no such database; `ablate run` makes it, --db FILE or $ABLATE_DB names another", path));
}

ExitCode CodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return ExitCode::kAllWell;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kDeadlineExceeded:
      return ExitCode::kBadUsage;
    default:
      return ExitCode::kStoreUnusable;
  }
}

std::vector<std::pair<std::string, std::string>> Context(const std::string& database, const std::string& asked) {
  return {{"program", fmt::format("ablate {}", kVersion)}, {"database", database}, {"asked", asked}};
}

}  // namespace ablate::runner
