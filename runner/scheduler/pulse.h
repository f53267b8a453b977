// Whether a worker still gets on: its signs of life are the growth of its event log, and the time of change of its control
// folder, which it sets at step boundaries (proto/launch.proto).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

namespace ablate::runner {

class Pulse {
 public:
  using Clock = std::chrono::steady_clock;

  Pulse(std::string folder, Clock::time_point now) : folder_(std::move(folder)), changed_(now) {}

  // Looks, and tells for how long nothing has changed by this machine's clock: that of the worker's host does not matter.
  double SilentSeconds(Clock::time_point now);

  // No life was to be expected until now.
  void Excuse(Clock::time_point now) { changed_ = now; }

 private:
  std::string folder_;
  Clock::time_point changed_;
  int64_t seen_ = -1;  // sum of what may change
};

}  // namespace ablate::runner
