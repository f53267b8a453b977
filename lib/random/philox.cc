#include "lib/random/philox.h"

#include <cmath>

namespace ablate::random {
namespace {

// Multipliers and key increments of the paper (the increments are the golden ratio and sqrt(3) - 1).
constexpr uint32_t kMultiplier0 = 0xD2511F53, kMultiplier1 = 0xCD9E8D57;
constexpr uint32_t kIncrement0 = 0x9E3779B9, kIncrement1 = 0xBB67AE85;
constexpr int kRounds = 10;

constexpr double kTwoPi = 6.283185307179586;

uint64_t Join(uint32_t low, uint32_t high) { return static_cast<uint64_t>(high) << 32 | low; }

double Fraction53(uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1p-53; }

}  // namespace

std::array<uint32_t, 4> Philox(uint64_t key, const std::array<uint32_t, 4>& counter) {
  uint32_t key0 = static_cast<uint32_t>(key), key1 = static_cast<uint32_t>(key >> 32);
  uint32_t x0 = counter[0], x1 = counter[1], x2 = counter[2], x3 = counter[3];
  for (int round = 0; round < kRounds; ++round) {
    const uint64_t product0 = static_cast<uint64_t>(kMultiplier0) * x0;
    const uint64_t product1 = static_cast<uint64_t>(kMultiplier1) * x2;
    x0 = static_cast<uint32_t>(product1 >> 32) ^ x1 ^ key0;
    x1 = static_cast<uint32_t>(product1);
    x2 = static_cast<uint32_t>(product0 >> 32) ^ x3 ^ key1;
    x3 = static_cast<uint32_t>(product0);
    key0 += kIncrement0;
    key1 += kIncrement1;
  }
  return {x0, x1, x2, x3};
}

std::array<uint32_t, 4> Numbers::Block(uint64_t i) const {
  // 64 bits of index, 56 of step, 8 of stream.
  return Philox(key_, {static_cast<uint32_t>(i), static_cast<uint32_t>(i >> 32), static_cast<uint32_t>(step_),
                       static_cast<uint32_t>(stream_) << 24 | static_cast<uint32_t>(step_ >> 32 & 0xFFFFFF)});
}

uint64_t Numbers::Bits64(uint64_t i) const {
  const std::array<uint32_t, 4> block = Block(i / 2);
  return i % 2 == 0 ? Join(block[0], block[1]) : Join(block[2], block[3]);
}

uint32_t Numbers::Bits(uint64_t i) const { return Block(i / 4)[i % 4]; }

double Numbers::Uniform(uint64_t i) const { return Fraction53(Bits64(i)); }

double Numbers::Normal(uint64_t i) const {
  const std::array<uint32_t, 4> block = Block(i / 2);
  // 1 - u lies in (0, 1], so the logarithm is finite.
  const double radius = std::sqrt(-2 * std::log(1 - Fraction53(Join(block[0], block[1]))));
  const double angle = kTwoPi * Fraction53(Join(block[2], block[3]));
  return radius * (i % 2 == 0 ? std::cos(angle) : std::sin(angle));
}

uint64_t Numbers::Below(uint64_t i, uint64_t n) const {
  return static_cast<uint64_t>(static_cast<unsigned __int128>(Bits64(i)) * n >> 64);
}

void Numbers::FillBits(uint64_t first, size_t count, uint32_t* bits) const {
  size_t done = 0;
  while (done < count) {
    const uint64_t i = first + done;
    const std::array<uint32_t, 4> block = Block(i / 4);
    for (uint64_t word = i % 4; word < 4 && done < count; ++word) bits[done++] = block[word];
  }
}

}  // namespace ablate::random
