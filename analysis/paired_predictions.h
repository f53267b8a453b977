// Two trained models on the same examples: is the difference more than the luck of these examples? What it can't say is
// whether other seeds would agree (analysis/across_seeds.h).
#pragma once

#include <cstdint>
#include <vector>

#include "analysis/bootstrap.h"

namespace ablate::analysis {

struct McNemarResult {
  int64_t only_first = 0, only_second = 0;  // examples that only one of them got right
  double p = 1;                             // two-sided, exact: binomial over these examples; 1 where there are none
};

// McNemar 1947. Both have one entry per example, in one order.
McNemarResult McNemar(const std::vector<bool>& first_right, const std::vector<bool>& second_right);

struct PairedBootstrapResult {
  double difference = 0;   // mean of first - second
  Interval interval = {};  // BCa, with kConfidence
  double p = 1;            // share of resamples whose difference lies at least |difference| away from it; never below
                           // 1 / (resamples + 1)
};

// Paired bootstrap over examples (Koehn 2004; p as in Berg-Kirkpatrick, Burkett, Klein 2012, two-sided). `first` and `second`
// are scores of the same examples (1 right, 0 wrong; a sentence's score), not empty.
PairedBootstrapResult PairedBootstrap(const std::vector<double>& first, const std::vector<double>& second,
                                      const BootstrapOptions& options = {});

}  // namespace ablate::analysis
