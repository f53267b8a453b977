// Attention rollout (Abnar, Zuidema 2020, arXiv:2005.00928).
#pragma once

#include <vector>

#include "lib/attention/attention.h"
#include "lib/attribution/subject.h"

namespace ablate::attribution {

// [n, n]: R_l = (A_l + I) / 2 R_(l-1), R_0 = I, behind the last of `layers` (EncoderOutputs.layers of one example); A_l is the
// mean over heads of rows divided by their sums, and a row without mass counts as attending itself. Rows sum to 1.
Values AttentionRollout(const std::vector<attention::Outputs>& layers);

}  // namespace ablate::attribution
