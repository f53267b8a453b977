#include "lib/tasks/multi_query_recall.h"

#include <numeric>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "lib/base/status_macros.h"
#include "lib/tasks/catalogue.h"
#include "lib/tasks/synthetic_examples.h"

namespace ablate::tasks {
namespace {

constexpr int32_t kSeparator = kUnknown + 1, kFirstKey = kSeparator + 1;

Example MakeSequence(const MultiQueryRecall& settings, uint64_t fewest, uint64_t most, Draws& draws) {
  const uint64_t pairs = draws.Between(fewest, most);
  const int32_t first_value = kFirstKey + static_cast<int32_t>(settings.keys());
  std::vector<int32_t> keys(settings.keys());
  std::iota(keys.begin(), keys.end(), kFirstKey);
  Example example;
  for (uint64_t i = 0; i < pairs; ++i) {
    std::swap(keys[i], keys[i + draws.Below(keys.size() - i)]);
    example.tokens.push_back(keys[i]);
    example.tokens.push_back(first_value + static_cast<int32_t>(draws.Below(settings.values())));
  }
  example.tokens.push_back(kSeparator);
  example.target.push_back(kBegin);
  for (uint32_t query = 0; query < settings.queries(); ++query) {
    const uint64_t asked = draws.Below(pairs);
    example.tokens.push_back(example.tokens[2 * asked]);
    example.target.push_back(example.tokens[2 * asked + 1]);
  }
  example.tokens.push_back(kEnd);
  example.target.push_back(kEnd);
  example.second_start = static_cast<int32_t>(example.tokens.size());
  return example;
}

// Pairs of the longest sequences.
uint64_t MostPairs(const MultiQueryRecall& settings) {
  uint64_t multiple = 1;
  while (2 * multiple <= settings.longest_multiple()) multiple *= 2;
  return multiple * settings.max_pairs();
}

}  // namespace

absl::Status CheckMultiQueryRecall(const MultiQueryRecall& settings) {
  constexpr char kWhere[] = "task.multi_query_recall";
  if (settings.min_pairs() < 1 || settings.keys() < 2 || settings.values() < 2 || settings.queries() < 1) {
    return absl::InvalidArgumentError(
        fmt::format("{}: keys {}, values {}, queries {}, min_pairs {}; at least 2, 2, 1 and 1 are needed", kWhere,
                    settings.keys(), settings.values(), settings.queries(), settings.min_pairs()));
  }
  if (settings.min_pairs() > settings.max_pairs()) {
    return absl::InvalidArgumentError(fmt::format("{}.min_pairs: {} is more than max_pairs, which is {}", kWhere,
                                                  settings.min_pairs(), settings.max_pairs()));
  }
  if (MostPairs(settings) <= settings.keys()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("{}.keys: {}, but the longest sequences have {} pairs, and each key occurs once; at least {} are needed",
                  kWhere, settings.keys(), MostPairs(settings), MostPairs(settings)));
}

absl::StatusOr<LabelledExamples> MakeMultiQueryRecall(const MultiQueryRecall& settings) {
  RETURN_IF_ERROR(CheckMultiQueryRecall(settings));
  Task task;
  *task.mutable_multi_query_recall() = settings;
  LabelledExamples examples;
  examples.objective = Objective::kSequenceToSequence;
  examples.vocabulary = kFirstKey + static_cast<int>(settings.keys() + settings.values());
  examples.max_tokens = MaxTokens(task);
  examples.max_target_tokens = MaxTargetTokens(task);
  const uint64_t seed = DataSeed(SyntheticKind::kMultiQueryRecall, {settings.keys(), settings.values(), settings.queries(),
                                                                    settings.min_pairs() << 16 | settings.max_pairs()});
  const auto make = [&](Draws& draws) { return MakeSequence(settings, settings.min_pairs(), settings.max_pairs(), draws); };
  FillExamples(seed, settings.train_examples(), settings.validation_examples(), make, examples);
  const auto make_longer = [&](uint32_t multiple) -> MakeExample {
    const uint64_t pairs = uint64_t{multiple} * settings.max_pairs();
    return [&settings, pairs](Draws& draws) { return MakeSequence(settings, pairs, pairs, draws); };
  };
  FillLonger(seed, settings.longest_multiple(), settings.longer_examples(), make_longer, examples);
  return examples;
}

}  // namespace ablate::tasks
