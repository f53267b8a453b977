// Intervals that assume no distribution: what the mean would have been in other samples like this one. Random numbers are a
// function of (seed, resample, draw), so that an interval is the same on every machine and at every call.
#pragma once

#include <cstdint>
#include <vector>

#include "analysis/across_seeds.h"

namespace ablate::analysis {

struct BootstrapOptions {
  int resamples = 10'000;
  uint64_t seed = 0;
};

// Means of resamples drawn with replacement, in the order of resamples. Each is summed in the order of the values, so that one
// that holds each value once equals the mean exactly. `values` is not empty.
std::vector<double> BootstrapMeans(const std::vector<double>& values, const BootstrapOptions& options = {});

struct Interval {
  double low, high;
};

// Bias-corrected and accelerated interval of the mean (Efron 1987, "Better bootstrap confidence intervals"), with kConfidence,
// from BootstrapMeans(values). Below some ten values it is too narrow: three values have only ten distinct resamples. NaN
// below two values; the one value where all are equal.
Interval BcaInterval(const std::vector<double>& values, std::vector<double> means);
Interval BcaInterval(const std::vector<double>& values, const BootstrapOptions& options = {});

}  // namespace ablate::analysis
