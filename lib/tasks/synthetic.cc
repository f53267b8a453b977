#include "lib/tasks/synthetic.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "fmt/format.h"
#include "lib/base/status_macros.h"
#include "lib/tasks/synthetic_examples.h"

namespace ablate::tasks {
namespace {

Example MakeRecallExample(const Recall& settings, Draws& draws) {
  const uint64_t pairs = settings.min_pairs() + draws.Below(settings.max_pairs() - settings.min_pairs() + 1);
  std::vector<int32_t> keys(settings.keys());
  std::iota(keys.begin(), keys.end(), 0);
  Example example;
  example.tokens.resize(1 + pairs);
  const uint64_t asked = draws.Below(pairs);
  for (uint64_t i = 0; i < pairs; ++i) {
    std::swap(keys[i], keys[i + draws.Below(keys.size() - i)]);
    const int32_t value = static_cast<int32_t>(draws.Below(settings.values()));
    example.tokens[1 + i] = static_cast<int32_t>(1 + settings.keys() + keys[i] * settings.values() + value);
    if (i == asked) {
      example.tokens[0] = 1 + keys[i];
      example.label = value;
    }
  }
  return example;
}

// A symbol that no other one occurs more often than.
int32_t DrawLeader(const std::vector<uint32_t>& counts, Draws& draws) {
  const uint32_t most = *std::max_element(counts.begin(), counts.end());
  uint64_t skip = draws.Below(std::count(counts.begin(), counts.end(), most));
  for (size_t symbol = 0;; ++symbol) {
    if (counts[symbol] == most && skip-- == 0) return static_cast<int32_t>(symbol);
  }
}

bool Leads(const std::vector<uint32_t>& counts, int32_t leader) {
  for (size_t symbol = 0; symbol < counts.size(); ++symbol) {
    if (static_cast<int32_t>(symbol) != leader && counts[symbol] >= counts[leader]) return false;
  }
  return true;
}

Example MakeMajorityExample(const Majority& settings, Draws& draws) {
  constexpr int32_t kClassify = 1, kFirstSymbol = 2;
  const uint64_t length = settings.min_tokens() + draws.Below(settings.max_tokens() - settings.min_tokens() + 1);
  std::vector<int32_t> symbols(length);
  std::vector<uint32_t> counts(settings.symbols(), 0);
  for (int32_t& symbol : symbols) {
    symbol = static_cast<int32_t>(draws.Below(settings.symbols()));
    ++counts[symbol];
  }
  const int32_t leader = DrawLeader(counts, draws);
  for (uint64_t place = draws.Below(length); !Leads(counts, leader); place = (place + 1) % length) {
    --counts[symbols[place]];
    ++counts[leader];
    symbols[place] = leader;
  }
  Example example;
  example.label = leader;
  example.tokens.push_back(kClassify);
  for (int32_t symbol : symbols) example.tokens.push_back(kFirstSymbol + symbol);
  return example;
}

}  // namespace

absl::Status CheckRecall(const Recall& settings) {
  if (settings.min_pairs() < 1 || settings.keys() < 2 || settings.values() < 2) {
    return absl::InvalidArgumentError(
        fmt::format("task.recall: keys {}, values {}, min_pairs {}; at least 2, 2 and 1 are needed", settings.keys(),
                    settings.values(), settings.min_pairs()));
  }
  if (settings.min_pairs() > settings.max_pairs()) {
    return absl::InvalidArgumentError(fmt::format("task.recall.min_pairs: {} is more than max_pairs, which is {}",
                                                  settings.min_pairs(), settings.max_pairs()));
  }
  if (settings.max_pairs() > settings.keys()) {
    return absl::InvalidArgumentError(
        fmt::format("task.recall.max_pairs: {} is more than keys, which is {}; each key occurs once", settings.max_pairs(),
                    settings.keys()));
  }
  return absl::OkStatus();
}

absl::StatusOr<LabelledExamples> MakeRecall(const Recall& settings) {
  RETURN_IF_ERROR(CheckRecall(settings));
  LabelledExamples examples;
  NumberClasses(static_cast<int>(settings.values()), examples);
  examples.vocabulary = static_cast<int>(1 + settings.keys() + settings.keys() * settings.values());
  examples.max_tokens = static_cast<int>(1 + settings.max_pairs());
  // Keys and values are at most 1024 each, so one word holds both.
  const uint64_t seed = DataSeed(SyntheticKind::kRecall,
                                 {settings.keys() << 16 | settings.values(), settings.min_pairs(), settings.max_pairs(), 0});
  const auto make = [&](Draws& draws) { return MakeRecallExample(settings, draws); };
  FillExamples(seed, settings.train_examples(), settings.validation_examples(), make, examples);
  return examples;
}

absl::Status CheckMajority(const Majority& settings) {
  if (settings.min_tokens() < 1 || settings.symbols() < 2) {
    return absl::InvalidArgumentError(fmt::format("task.majority: symbols {}, min_tokens {}; at least 2 and 1 are needed",
                                                  settings.symbols(), settings.min_tokens()));
  }
  if (settings.min_tokens() > settings.max_tokens()) {
    return absl::InvalidArgumentError(fmt::format("task.majority.min_tokens: {} is more than max_tokens, which is {}",
                                                  settings.min_tokens(), settings.max_tokens()));
  }
  return absl::OkStatus();
}

absl::StatusOr<LabelledExamples> MakeMajority(const Majority& settings) {
  RETURN_IF_ERROR(CheckMajority(settings));
  LabelledExamples examples;
  NumberClasses(static_cast<int>(settings.symbols()), examples);
  examples.vocabulary = static_cast<int>(2 + settings.symbols());
  examples.max_tokens = static_cast<int>(1 + settings.max_tokens());
  const uint64_t seed =
      DataSeed(SyntheticKind::kMajority, {settings.symbols(), settings.min_tokens(), settings.max_tokens(), 0});
  const auto make = [&](Draws& draws) { return MakeMajorityExample(settings, draws); };
  FillExamples(seed, settings.train_examples(), settings.validation_examples(), make, examples);
  return examples;
}

}  // namespace ablate::tasks
