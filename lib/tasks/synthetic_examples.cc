#include "lib/tasks/synthetic_examples.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fmt/format.h"

namespace ablate::tasks {
namespace {

constexpr int kMaxRedraws = 100;

// Parts of the numbers; a longer set's is its multiple, which is at least 2.
constexpr uint64_t kTrain = 0, kValidation = 1;

}  // namespace

uint64_t DataSeed(SyntheticKind kind, const std::array<uint32_t, 4>& settings) {
  const auto words = random::Philox(static_cast<uint64_t>(kind), settings);
  return static_cast<uint64_t>(words[1]) << 32 | words[0];
}

void FillExamples(uint64_t seed, uint32_t train, uint32_t validation, const MakeExample& make, LabelledExamples& examples) {
  std::set<std::vector<int32_t>> held_out;
  for (uint64_t i = 0; i < validation; ++i) {
    Draws draws(seed, kValidation, i, 0);
    examples.validation.push_back(make(draws));
    held_out.insert(examples.validation.back().tokens);
  }
  for (uint64_t i = 0; i < train; ++i) {
    Example example;
    for (int redraw = 0; redraw <= kMaxRedraws; ++redraw) {
      Draws draws(seed, kTrain, i, redraw);
      example = make(draws);
      if (held_out.count(example.tokens) == 0) break;
    }
    examples.train.push_back(std::move(example));
  }
}

void FillLonger(uint64_t seed, uint32_t longest_multiple, uint32_t count, const std::function<MakeExample(uint32_t)>& make,
                LabelledExamples& examples) {
  for (uint32_t multiple = 2; multiple <= longest_multiple; multiple *= 2) {
    ExampleSet set;
    set.name = fmt::format("length_{}x", multiple);
    const MakeExample make_one = make(multiple);
    for (uint64_t i = 0; i < count; ++i) {
      Draws draws(seed, multiple, i, 0);
      set.examples.push_back(make_one(draws));
    }
    examples.longer.push_back(std::move(set));
  }
}

void NumberClasses(int classes, LabelledExamples& examples) {
  examples.classes = classes;
  for (int i = 0; i < classes; ++i) examples.class_names.push_back(std::to_string(i));
}

}  // namespace ablate::tasks
