#include "lib/spec/draws.h"

#include <algorithm>
#include <cmath>

#include "lib/random/philox.h"

namespace ablate::spec {
namespace {

int Prime(int index) {
  int found = 0;
  for (int candidate = 2;; ++candidate) {
    bool is_prime = true;
    for (int divisor = 2; divisor * divisor <= candidate; ++divisor) is_prime = is_prime && candidate % divisor != 0;
    if (is_prime && found++ == index) return candidate;
  }
}

// Digits of i in `base`, mirrored at the point.
double RadicalInverse(uint64_t i, int base) {
  double share = 0, digit = 1.0 / base;
  for (; i > 0; i /= base, digit /= base) share += digit * static_cast<double>(i % base);
  return share;
}

}  // namespace

std::vector<double> DrawShares(const Draws& draws, int axis) {
  const random::Numbers numbers(draws.seed, random::Stream::kSampledAxes, axis);
  std::vector<double> shares;
  shares.reserve(draws.points);
  const int base = draws.quasi_random ? Prime(axis) : 0;
  for (uint64_t i = 0; i < draws.points; ++i) {
    if (!draws.quasi_random) {
      shares.push_back(numbers.Uniform(i));
      continue;
    }
    const double shifted = RadicalInverse(i, base) + numbers.Uniform(0);
    shares.push_back(std::min(shifted - std::floor(shifted), std::nextafter(1.0, 0.0)));
  }
  return shares;
}

}  // namespace ablate::spec
