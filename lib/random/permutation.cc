#include "lib/random/permutation.h"

namespace ablate::random {
namespace {

// Four rounds suffice on large domains; small ones need more, and halves of two bits stay visibly uneven even with eight.
constexpr uint64_t kRounds = 8;
constexpr int kSmallestHalfBits = 3;

}  // namespace

Permutation::Permutation(const Numbers& numbers, uint64_t n) : numbers_(numbers), n_(n), half_bits_(kSmallestHalfBits) {
  while (uint64_t{1} << 2 * half_bits_ < n) ++half_bits_;
}

uint64_t Permutation::operator()(uint64_t i) const {
  do {
    i = Scramble(i);
  } while (i >= n_);
  return i;
}

uint64_t Permutation::Scramble(uint64_t value) const {
  const uint64_t mask = (uint64_t{1} << half_bits_) - 1;
  uint64_t left = value >> half_bits_, right = value & mask;
  for (uint64_t round = 0; round < kRounds; ++round) {
    const uint64_t mixed = left ^ (numbers_.Bits(round << 32 | right) & mask);
    left = right;
    right = mixed;
  }
  return left << half_bits_ | right;
}

}  // namespace ablate::random
