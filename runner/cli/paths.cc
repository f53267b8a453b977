#include "runner/cli/paths.h"

#include "lib/base/files.h"

namespace ablate::runner {

std::string AbsolutePath(const std::string& path) {
  if (FileExists(path)) return WithoutLinks(path);
  return JoinPath(WithoutLinks(ParentFolder(path)), FileName(path));
}

}  // namespace ablate::runner
