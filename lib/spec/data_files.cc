#include "lib/spec/data_files.h"

#include <sys/stat.h>

#include <vector>

#include "fmt/format.h"
#include "lib/base/digest.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/base/text.h"

namespace ablate::spec {

const absl::StatusOr<std::string>& DataFiles::Digest(const std::string& path) {
  const auto found = known_.find(path);
  if (found != known_.end()) return found->second;
  const absl::StatusOr<std::string>& digest = known_.emplace(path, Compute(path)).first->second;
  if (digest.ok()) digests_[path] = *digest;
  return digest;
}

absl::StatusOr<std::string> DataFiles::Compute(const std::string& path) const {
  if (!check_) return "path:" + path;
  const std::string full = JoinPath(folder_, path);
  struct stat facts;
  if (stat(full.c_str(), &facts) != 0) {
    const absl::StatusOr<std::vector<std::string>> beside = ListFolder(ParentFolder(full));
    const std::string name = FileName(path);
    return absl::NotFoundError(fmt::format("there is no such file in {}{}", folder_.empty() ? "." : folder_,
                                           beside.ok() ? DidYouMean(name, *beside) : ""));
  }
  // A pipe or a device would never end.
  if (!S_ISREG(facts.st_mode))
    return absl::FailedPreconditionError(S_ISDIR(facts.st_mode) ? "it is a folder" : "it is no regular file");
  ASSIGN_OR_RETURN(const std::string digest, Sha256OfFile(full));
  return "sha256:" + digest;
}

}  // namespace ablate::spec
