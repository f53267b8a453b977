#include "runner/backends/local/find_worker.h"

#include <fmt/format.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>

#include "lib/base/files.h"

namespace ablate::runner {
namespace {

std::string Absolute(const std::string& path) {
  char resolved[PATH_MAX];
  return realpath(path.c_str(), resolved) != nullptr ? resolved : path;
}

bool Executable(const std::string& path) { return access(path.c_str(), X_OK) == 0; }

}  // namespace

absl::StatusOr<std::string> FindWorker() {
  if (const char* chosen = std::getenv("ABLATE_WORKER"); chosen != nullptr && *chosen != '\0') {
    if (Executable(chosen)) return Absolute(chosen);
    return absl::NotFoundError(fmt::format("$ABLATE_WORKER is {}, which is no program", chosen));
  }
  const std::string folder = ParentFolder(Absolute("/proc/self/exe"));
  const std::string beside = folder + "/ablate-worker";
  const std::string in_bazel = ParentFolder(folder) + "/worker/ablate-worker";
  if (Executable(beside)) return beside;
  if (Executable(in_bazel)) return Absolute(in_bazel);
  return absl::NotFoundError(
      fmt::format("no ablate-worker: looked for {} and {}; $ABLATE_WORKER may name it", beside, in_bazel));
}

}  // namespace ablate::runner
