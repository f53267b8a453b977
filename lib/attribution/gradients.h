// Attributions by gradients: of the score of a class, and of tokens' last states, in the word vectors (positions and token
// types stay as they are).
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "lib/attribution/subject.h"

namespace ablate::attribution {

// [n]: word vector . d logit of `target` / d word vector (Shrikumar, Greenside, Kundaje 2017, arXiv:1704.02685). Unit: logits.
absl::StatusOr<Values> GradientTimesInput(const Subject& subject, int64_t target);

struct IntegratedGradients {
  Values values;                // [n]; unit: logits
  double completeness_gap = 0;  // sum of the values - (logit of the example - logit with word vectors of 0); unit: logits
};

// Integrated gradients (Sundararajan, Taly, Yan 2017, arXiv:1703.01365) from word vectors of 0, by the midpoint rule at `steps`
// points: word vector . mean gradient on the path. Their sum would be the logit's difference but for the rule's error, which is
// the gap: where it is not small beside the difference, take more steps.
absl::StatusOr<IntegratedGradients> IntegrateGradients(const Subject& subject, int64_t target, int64_t steps);

// [n, n]: Frobenius norm of d last state of token i / d word vector of token j, over the sum of row i (Brunner et al. 2020,
// arXiv:1908.04211). The norm is estimated by the products of `probes` random directions of +-1 with the Jacobian: the relative
// error of its square is about sqrt(2 / probes) where no direction dominates. 0: all `width` unit directions, which is exact.
absl::StatusOr<Values> TokenGradients(const Subject& subject, int64_t probes);

}  // namespace ablate::attribution
