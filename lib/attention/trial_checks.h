// What a trial's attention settings may be, for callers that did not come through lib/spec.
#pragma once

#include "absl/status/status.h"
#include "proto/trial.pb.h"

namespace ablate::attention {

// InvalidArgument on values out of range, and on balance with a normalizer that has no threshold.
absl::Status CheckTrial(const Attention& trial);

}  // namespace ablate::attention
