// What tasks made in memory share: numbers that depend on the settings alone, and how sets are filled with them.
#pragma once

#include <array>
#include <cstdint>
#include <functional>

#include "lib/random/philox.h"
#include "lib/tasks/task.h"

namespace ablate::tasks {

// Part of the sequences' numbers: add at the end, never renumber.
enum class SyntheticKind : uint32_t { kRecall = 1, kMajority = 2, kSymbols = 3, kListOps = 4, kMultiQueryRecall = 5 };

// The settings that shape a sequence, as the seed of its numbers.
uint64_t DataSeed(SyntheticKind kind, const std::array<uint32_t, 4>& settings);

// Numbers of one draw of one example, taken in order.
class Draws {
 public:
  // `part` of the task: which of its sets; below 2^16.
  Draws(uint64_t seed, uint64_t part, uint64_t example, uint64_t redraw)
      : numbers_(seed, random::Stream::kSyntheticData, part << 40 | example), next_(redraw << 32) {}
  uint64_t Below(uint64_t n) { return numbers_.Below(next_++, n); }
  // From low to high, both included.
  uint64_t Between(uint64_t low, uint64_t high) { return low + Below(high - low + 1); }

 private:
  random::Numbers numbers_;
  uint64_t next_;
};

using MakeExample = std::function<Example(Draws&)>;

// Fills train and validation. A training sequence that also is a validation sequence is drawn again, at most 100 times.
void FillExamples(uint64_t seed, uint32_t train, uint32_t validation, const MakeExample& make, LabelledExamples& examples);

// Appends the sets length_2x, length_4x, ... up to `longest_multiple` times; make(multiple) gives what makes their examples.
void FillLonger(uint64_t seed, uint32_t longest_multiple, uint32_t count, const std::function<MakeExample(uint32_t)>& make,
                LabelledExamples& examples);

// Classes "0", "1", ...
void NumberClasses(int classes, LabelledExamples& examples);

}  // namespace ablate::tasks
