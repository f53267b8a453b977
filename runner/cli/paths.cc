#include "runner/cli/paths.h"

#include <limits.h>

#include <cstdlib>

#include "lib/base/files.h"

namespace ablate::runner {
namespace {

std::string Resolved(const std::string& path) {
  char resolved[PATH_MAX];
  return realpath(path.c_str(), resolved) != nullptr ? resolved : path;
}

}  // namespace

std::string AbsolutePath(const std::string& path) {
  if (FileExists(path)) return Resolved(path);
  return JoinPath(Resolved(ParentFolder(path)), path.substr(path.rfind('/') + 1));
}

}  // namespace ablate::runner
