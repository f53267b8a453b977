// Paths of the command line, made absolute.
#pragma once

#include <string>

namespace ablate::runner {

// Absolute, without links, where the path or at least its folder is there; else as it is. So one database has one name, however
// it was spelt: its folders lie beside it.
std::string AbsolutePath(const std::string& path);

}  // namespace ablate::runner
