#include "lib/tasks/symbol_sequences.h"

#include <algorithm>
#include <string>
#include <vector>

#include "fmt/format.h"
#include "lib/base/status_macros.h"
#include "lib/tasks/catalogue.h"
#include "lib/tasks/synthetic_examples.h"

namespace ablate::tasks {
namespace {

constexpr int32_t kFirstSymbol = kUnknown + 1;

using Answer = void (*)(std::vector<int32_t>&);

void Copy(std::vector<int32_t>&) {}
void Reverse(std::vector<int32_t>& symbols) { std::reverse(symbols.begin(), symbols.end()); }
void Sort(std::vector<int32_t>& symbols) { std::sort(symbols.begin(), symbols.end()); }

struct Sequences {
  const SymbolSequences& settings;
  Answer answer;
};

absl::StatusOr<Sequences> SequencesOf(const Task& task) {
  switch (task.kind_case()) {
    case Task::kCopy:
      return Sequences{task.copy(), Copy};
    case Task::kReverse:
      return Sequences{task.reverse(), Reverse};
    case Task::kSort:
      return Sequences{task.sort(), Sort};
    default:
      return absl::InvalidArgumentError(fmt::format("task.{}: is none of copy, reverse and sort", TaskName(task)));
  }
}

Example MakeSequence(const Sequences& sequences, uint64_t shortest, uint64_t longest, Draws& draws) {
  std::vector<int32_t> symbols(draws.Between(shortest, longest));
  for (int32_t& symbol : symbols) symbol = kFirstSymbol + static_cast<int32_t>(draws.Below(sequences.settings.symbols()));
  Example example;
  example.tokens = symbols;
  example.tokens.push_back(kEnd);
  example.second_start = static_cast<int32_t>(example.tokens.size());
  sequences.answer(symbols);
  example.target.push_back(kBegin);
  example.target.insert(example.target.end(), symbols.begin(), symbols.end());
  example.target.push_back(kEnd);
  return example;
}

absl::Status Check(const std::string& name, const SymbolSequences& settings) {
  if (settings.symbols() < 2 || settings.min_tokens() < 1) {
    return absl::InvalidArgumentError(fmt::format("task.{}: symbols {}, min_tokens {}; at least 2 and 1 are needed", name,
                                                  settings.symbols(), settings.min_tokens()));
  }
  if (settings.min_tokens() <= settings.max_tokens()) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format("task.{}.min_tokens: {} is more than max_tokens, which is {}", name,
                                                settings.min_tokens(), settings.max_tokens()));
}

}  // namespace

absl::Status CheckSymbolSequences(const Task& task) {
  ASSIGN_OR_RETURN(const Sequences sequences, SequencesOf(task));
  return Check(TaskName(task), sequences.settings);
}

absl::StatusOr<LabelledExamples> MakeSymbolSequences(const Task& task) {
  RETURN_IF_ERROR(CheckSymbolSequences(task));
  ASSIGN_OR_RETURN(const Sequences sequences, SequencesOf(task));
  const SymbolSequences& settings = sequences.settings;
  const uint64_t seed =
      DataSeed(SyntheticKind::kSymbols, {settings.symbols(), settings.min_tokens(), settings.max_tokens(), 0});
  LabelledExamples examples;
  examples.objective = Objective::kSequenceToSequence;
  examples.vocabulary = kFirstSymbol + static_cast<int>(settings.symbols());
  examples.max_tokens = MaxTokens(task);
  examples.max_target_tokens = MaxTargetTokens(task);
  const auto make = [&](Draws& draws) { return MakeSequence(sequences, settings.min_tokens(), settings.max_tokens(), draws); };
  FillExamples(seed, settings.train_examples(), settings.validation_examples(), make, examples);
  const auto make_longer = [&](uint32_t multiple) -> MakeExample {
    const uint64_t length = uint64_t{multiple} * settings.max_tokens();
    return [&sequences, length](Draws& draws) { return MakeSequence(sequences, length, length, draws); };
  };
  FillLonger(seed, settings.longest_multiple(), settings.longer_examples(), make_longer, examples);
  return examples;
}

}  // namespace ablate::tasks
