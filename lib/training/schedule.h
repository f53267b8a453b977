// Learning rates and the steps at which something happens, as functions of the settings alone. Torch-free.
#pragma once

#include <cstdint>
#include <vector>

#include "proto/trial.pb.h"

namespace ablate::training {

// The share of the peak rate at a step, in [0, 1]. Steps are counted from 1. Over the first W = ceil(warmup_share * steps -
// 1e-6) steps it climbs by 1/W a step, reaching 1 at step W; then LINEAR and COSINE fall from there to 0 at the last step.
double ScheduleShare(const Optimizer& optimizer, int64_t steps, int64_t step);

// The steps after which is evaluated, ascending, each once: round(i steps / evaluations), the last one is `steps`.
std::vector<int64_t> EvaluationSteps(int64_t steps, int64_t evaluations);

}  // namespace ablate::training
