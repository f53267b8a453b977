#include "lib/models/dropout_mask.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>

#include "lib/random/philox.h"

namespace ablate::models {
namespace {

constexpr uint32_t kLevels = 1 << 16;  // a unit takes 16 random bits, so a random word serves two

// Address of a row's first word: 9 bits of site, 29 of example, 13 of position; 13 remain for the row's words.
uint64_t FirstWord(const DropoutPlace& place, int64_t example, int64_t position) {
  return static_cast<uint64_t>(place.site) << 55 | static_cast<uint64_t>(example) << 26 | static_cast<uint64_t>(position) << 13;
}

void FillRow(const random::Numbers& numbers, uint64_t first, uint32_t dropped_levels, std::vector<uint32_t>& words,
             int64_t width, uint8_t* keep) {
  numbers.FillBits(first, words.size(), words.data());
  int64_t i = 0;
  for (; i + 1 < width; i += 2) {
    keep[i] = (words[i / 2] & 0xFFFF) >= dropped_levels;
    keep[i + 1] = (words[i / 2] >> 16) >= dropped_levels;
  }
  if (i < width) keep[i] = (words[i / 2] & 0xFFFF) >= dropped_levels;
}

}  // namespace

DropoutMask MakeDropoutMask(const DropoutPlace& place, int64_t width) {
  const int64_t trials = place.seeds.size(), examples = place.examples[0].size(), positions = place.positions;
  DropoutMask mask{at::empty({trials, examples * positions, width}, at::kByte), at::empty({trials}, at::kFloat)};
  std::vector<uint32_t> words((width + 1) / 2);
  for (int64_t t = 0; t < trials; ++t) {
    const auto dropped = std::min<uint32_t>(std::lround(place.rates[t] * kLevels), kLevels - 1);
    mask.scales.mutable_data_ptr<float>()[t] = static_cast<float>(static_cast<double>(kLevels) / (kLevels - dropped));
    const random::Numbers numbers(place.seeds[t], random::Stream::kDropout, place.step);
    uint8_t* row = mask.keep.mutable_data_ptr<uint8_t>() + t * examples * positions * width;
    for (int64_t b = 0; b < examples; ++b) {
      for (int64_t position = 0; position < positions; ++position, row += width) {
        FillRow(numbers, FirstWord(place, place.examples[t][b], position), dropped, words, width, row);
      }
    }
  }
  return mask;
}

}  // namespace ablate::models
