#include "lib/training/schedule.h"

#include <algorithm>
#include <cmath>

namespace ablate::training {
namespace {

constexpr double kPi = 3.141592653589793;

}  // namespace

double ScheduleShare(const Optimizer& optimizer, int64_t steps, int64_t step) {
  // 1e-6: a share of 0.1 and 10 steps are one step of warm-up, though 0.1 is no double.
  const auto warm_up = static_cast<int64_t>(std::ceil(optimizer.warmup_share() * static_cast<double>(steps) - 1e-6));
  if (step <= warm_up) return static_cast<double>(step) / static_cast<double>(warm_up);
  const double done = static_cast<double>(step - warm_up) / static_cast<double>(steps - warm_up);
  switch (optimizer.schedule()) {
    case Optimizer::LINEAR:
      return 1 - done;
    case Optimizer::COSINE:
      return 0.5 * (1 + std::cos(kPi * done));
    case Optimizer::CONSTANT:
    case Optimizer::SCHEDULE_UNSPECIFIED:
      break;
  }
  return 1;
}

std::vector<int64_t> EvaluationSteps(int64_t steps, int64_t evaluations) {
  std::vector<int64_t> result;
  for (int64_t i = 1; i <= evaluations; ++i) {
    // Rounded; products of at most 1e8 * 1e4.
    const int64_t step = (2 * i * steps + evaluations) / (2 * evaluations);
    if (step >= 1 && (result.empty() || step > result.back())) result.push_back(step);
  }
  return result;
}

}  // namespace ablate::training
