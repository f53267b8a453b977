// A shuffled order of [0, n) as a pure function: place i of it costs a few Philox calls, whatever n, and nothing is stored.
#pragma once

#include <cstdint>

#include "lib/random/philox.h"

namespace ablate::random {

// A bijection of [0, n): a Feistel network with Philox as its round function over an even number of bits that holds n,
// walked along its cycle until the value is below n (Black and Rogaway 2002, "Ciphers with arbitrary finite domains").
class Permutation {
 public:
  // Uses up `numbers`: draw nothing else from the same (seed, stream, step). 0 < n <= 2^62.
  Permutation(const Numbers& numbers, uint64_t n);

  // Place i, i < n.
  uint64_t operator()(uint64_t i) const;

 private:
  uint64_t Scramble(uint64_t value) const;
  Numbers numbers_;
  uint64_t n_;
  int half_bits_;
};

}  // namespace ablate::random
