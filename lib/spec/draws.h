// Points for sample axes.
#pragma once

#include <cstdint>
#include <vector>

namespace ablate::spec {

// How the points of a sweep's sample axes are drawn. Point i of an axis depends on the seed, the axis' number among the sample
// axes and i alone: more points leave the first ones as they are.
struct Draws {
  uint64_t seed = 0;
  bool quasi_random = true;
  uint32_t points = 0;
};

// Shares of [0, 1) for the points of sample axis number `axis`: independent draws, or the Halton sequence in the axis-th prime
// base, shifted at random modulo 1 (Cranley, Patterson 1976).
std::vector<double> DrawShares(const Draws& draws, int axis);

}  // namespace ablate::spec
