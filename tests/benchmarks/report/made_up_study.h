// A database with one large experiment that nobody ran.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace ablate::benchmarks {

// "made_up": 100 arms of two fields, 5 seeds each, an encoder of 6 layers with 12 heads, the FULL set of statistics at the last
// of four evaluations, 400 training steps in the log. `path` must not exist.
absl::Status WriteMadeUpStudy(const std::string& path);

}  // namespace ablate::benchmarks
