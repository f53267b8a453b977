// Points that stream in, and questions that are asked meanwhile.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ablate::benchmarks {

// From the first worker's beginning to the run's end, all committed: two workers of eight trials each, four metrics a step.
// Unit: points per second.
double PointRate(uint64_t steps);

struct Answer {
  std::string question;
  double seconds = 0;  // median
};

struct Readers {
  std::vector<Answer> answers;  // of `status` and of each view, while points stream in
  uint64_t polls = 0, refused = 0;
  double points_per_second = 0;  // meanwhile, without readers
  double slow_down = 0;          // share of the points per second that eight polling readers cost; below 0: within the noise
};

// While points stream in: every view in turn, then eight readers that poll once a second, a second with them and one without
// in turn.
Readers WhilePointsStreamIn(uint64_t steps);

}  // namespace ablate::benchmarks
