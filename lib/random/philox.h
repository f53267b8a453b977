// Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): random numbers as a pure function of what
// they are for. A number is addressed by coordinates (example, layer, head, query, key), never by the order of calls, so a
// trial draws the same numbers alone, in any array, and after any resume.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace ablate::random {

// What a stream of numbers is for. Values are part of the trials' numbers: add at the end, never renumber. At most 255.
enum class Stream : uint32_t {
  kInitialWeights = 1,
  kExampleOrder = 2,
  kDropout = 3,
  kSyntheticData = 4,
  kSampledAxes = 5,
  kStatisticsSample = 6,
  kBootstrap = 7,
  kImposedSparsity = 8,
  kAttentionDropout = 9,
};

// 128 random bits for a 128-bit counter under a 64-bit key.
std::array<uint32_t, 4> Philox(uint64_t key, const std::array<uint32_t, 4>& counter);

// The numbers of one (seed, stream, step): element i, for any i. Different (seed, stream, step) share no counter as long as
// step < 2^56. Bits, Uniform, Normal and Below are made from the same random bits: draw one kind from each (seed, stream,
// step), or keep the ranges of i far apart.
class Numbers {
 public:
  Numbers(uint64_t seed, Stream stream, uint64_t step = 0) : key_(seed), stream_(stream), step_(step) {}

  uint32_t Bits(uint64_t i) const;               // uniform on all 32-bit values
  double Uniform(uint64_t i) const;              // [0, 1), 53 bits
  double Normal(uint64_t i) const;               // mean 0, deviation 1 (Box-Muller)
  uint64_t Below(uint64_t i, uint64_t n) const;  // [0, n), n > 0; each value's probability is within 2^-64 of 1/n

  // Bits(first), ..., Bits(first + count - 1), several times faster than one by one.
  void FillBits(uint64_t first, size_t count, uint32_t* bits) const;

 private:
  std::array<uint32_t, 4> Block(uint64_t i) const;
  uint64_t Bits64(uint64_t i) const;
  uint64_t key_;
  Stream stream_;
  uint64_t step_;
};

}  // namespace ablate::random
