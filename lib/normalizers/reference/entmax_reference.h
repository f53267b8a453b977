// alpha-entmax of one row in double, by bisection: what the fast kernels are compared with. Agrees with 60 digits to 1.6e-16.
#pragma once

#include <vector>

namespace ablate::normalizers {

struct EntmaxRow {
  std::vector<double> p;  // probabilities
  std::vector<double> s;  // p^(1 - d) on the support, else 0
  double threshold;       // support <=> score > threshold; -inf where alpha = 1, 0 where there are no keys
};

// scores: -inf = masked. d = alpha - 1 in [0, 1].
EntmaxRow EntmaxReference(const std::vector<double>& scores, double d);

struct EntmaxGradients {
  std::vector<double> scores;
  double alpha;
  double alpha_scale;  // sum of |g dp/dalpha|: what alpha's tolerance is relative to
};

// Of sum(gradients * p), by the formulas at the given p (the implementation's own, or the reference's).
EntmaxGradients EntmaxGradientReference(const std::vector<double>& p, const std::vector<double>& gradients, double d);

}  // namespace ablate::normalizers
