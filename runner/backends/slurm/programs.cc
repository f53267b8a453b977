#include "runner/backends/slurm/programs.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>

#include "lib/base/digest.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"

namespace ablate::runner::slurm {
namespace {

constexpr size_t kDigestDigits = 16;

absl::Status Copy(const std::string& content, const std::string& path) {
  if (FileExists(path)) return absl::OkStatus();
  const std::string temporary = fmt::format("{}.{}", path, getpid());
  RETURN_IF_ERROR(WriteFileDurably(temporary, content));
  // Executable before it has its name: nobody sees it half made.
  if (chmod(temporary.c_str(), 0755) != 0) return ErrnoStatus(errno, "can't make executable", temporary);
  if (rename(temporary.c_str(), path.c_str()) != 0) return ErrnoStatus(errno, "can't rename", temporary);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Programs> Freeze(const Programs& programs, const std::string& launches) {
  ASSIGN_OR_RETURN(const std::string ablate, ReadFile(programs.ablate));
  ASSIGN_OR_RETURN(const std::string worker, ReadFile(programs.worker));
  const std::string digest = Sha256(Sha256(ablate) + Sha256(worker)).substr(0, kDigestDigits);
  const std::string folder = JoinPath(launches, "slurm/programs/" + digest);
  RETURN_IF_ERROR(MakeFolders(JoinPath(folder, "bin")));
  const Programs frozen = {JoinPath(folder, "bin/ablate"), JoinPath(folder, "bin/ablate-worker")};
  RETURN_IF_ERROR(Copy(ablate, frozen.ablate));
  RETURN_IF_ERROR(Copy(worker, frozen.worker));
  const std::string libraries = JoinPath(ParentFolder(ParentFolder(programs.worker)), "lib/ablate");
  if (FileExists(libraries) && !FileExists(JoinPath(folder, "lib/ablate"))) {
    RETURN_IF_ERROR(MakeFolders(JoinPath(folder, "lib")));
    if (symlink(libraries.c_str(), JoinPath(folder, "lib/ablate").c_str()) != 0 && errno != EEXIST) {
      return ErrnoStatus(errno, "can't link", JoinPath(folder, "lib/ablate"));
    }
  }
  return frozen;
}

std::string OwnPath() {
  char path[PATH_MAX];
  return realpath("/proc/self/exe", path) == nullptr ? "" : path;
}

}  // namespace ablate::runner::slurm
