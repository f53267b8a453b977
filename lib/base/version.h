// The version of this program, as launches record it and `ablate --version` prints it. CHANGELOG.md has the same.
#pragma once

namespace ablate {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace ablate
