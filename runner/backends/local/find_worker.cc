#include "runner/backends/local/find_worker.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "lib/base/files.h"

namespace ablate::runner {
namespace {

bool Executable(const std::string& path) { return access(path.c_str(), X_OK) == 0; }

}  // namespace

absl::StatusOr<std::string> FindWorker() {
  if (const char* chosen = std::getenv("ABLATE_WORKER"); chosen != nullptr && *chosen != '\0') {
    if (Executable(chosen)) return WithoutLinks(chosen);
    return absl::NotFoundError(fmt::format("$ABLATE_WORKER is {}, which is no program", chosen));
  }
  const std::string folder = ParentFolder(WithoutLinks("/proc/self/exe"));
  const std::string beside = folder + "/ablate-worker";
  const std::string in_bazel = ParentFolder(folder) + "/worker/ablate-worker";
  if (Executable(beside)) return beside;
  if (Executable(in_bazel)) return WithoutLinks(in_bazel);
  return absl::NotFoundError(
      fmt::format("no ablate-worker: looked for {} and {}; $ABLATE_WORKER may name it", beside, in_bazel));
}

}  // namespace ablate::runner
