// Wall-clock time as logs and the database keep it.
#pragma once

#include <chrono>
#include <cstdint>

namespace ablate {

// Microseconds since 1970-01-01 UTC.
inline int64_t NowMicroseconds() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace ablate
