// What benchmarks that alternate two programs call by call have in common.
#pragma once

#include <time.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace ablate::benchmarks {

// CPU time of the calling thread so far: waiting for a core does not count.
inline double ThreadSeconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// `seconds` must not be empty.
inline double LowerQuartile(std::vector<double> seconds) {
  const auto quartile = seconds.begin() + static_cast<int64_t>(seconds.size() / 4);
  std::nth_element(seconds.begin(), quartile, seconds.end());
  return *quartile;
}

}  // namespace ablate::benchmarks
