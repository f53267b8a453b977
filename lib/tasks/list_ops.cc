#include "lib/tasks/list_ops.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "fmt/format.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/tasks/catalogue.h"
#include "lib/tasks/data/row.h"
#include "lib/tasks/data/text_lines.h"
#include "lib/tasks/data/unicode.h"
#include "lib/tasks/synthetic_examples.h"

namespace ablate::tasks {
namespace {

constexpr int32_t kClassify = 1, kFirstDigit = 2, kFirstOperator = 12, kClose = 16;
constexpr int kVocabulary = 17;
constexpr int kDigits = 10, kOperators = 4;

// An operator with two arguments: itself, two digits, the closing bracket.
constexpr int64_t kShortest = 4;

enum Operator { kMin, kMax, kMedian, kSumModulo };

int Value(Operator operation, std::vector<int>& arguments) {
  switch (operation) {
    case kMin:
      return *std::min_element(arguments.begin(), arguments.end());
    case kMax:
      return *std::max_element(arguments.begin(), arguments.end());
    case kSumModulo:
      return std::accumulate(arguments.begin(), arguments.end(), 0) % kDigits;
    case kMedian:
      break;
  }
  std::sort(arguments.begin(), arguments.end());
  const size_t middle = arguments.size() / 2;
  return arguments.size() % 2 == 1 ? arguments[middle] : (arguments[middle - 1] + arguments[middle]) / 2;
}

class Expressions {
 public:
  explicit Expressions(const ListOps& settings) : most_arguments_(settings.max_arguments()) {
    constexpr int64_t kEnough = int64_t{1} << 40;
    capacity_.assign(settings.max_depth() + 1, 1);
    for (size_t depth = settings.max_depth(); depth-- > 0;) {
      capacity_[depth] = std::min(kEnough, 2 + most_arguments_ * capacity_[depth + 1]);
    }
  }

  // Tokens of the longest expression.
  int64_t longest() const { return capacity_[0]; }

  // Length drawn from [shortest, longest].
  Example Make(int64_t shortest, int64_t longest, Draws& draws) const {
    constexpr int kMaxRedraws = 1000;
    Example example;
    for (int redraw = 0; redraw < kMaxRedraws; ++redraw) {
      std::vector<int32_t> tokens = {kClassify};
      const int value = Write(draws.Between(shortest, longest), 0, draws, tokens);
      if (tokens.size() <= example.tokens.size()) continue;
      example.tokens = std::move(tokens);
      example.label = value;
      if (static_cast<int64_t>(example.tokens.size()) > shortest) break;  // [CLS] is one of them
    }
    example.second_start = static_cast<int32_t>(example.tokens.size());
    return example;
  }

 private:
  // Appends an expression of at most `room` tokens below `depth` brackets; its value.
  int Write(int64_t room, size_t depth, Draws& draws, std::vector<int32_t>& tokens) const {
    room = std::min(room, capacity_[depth]);
    if (room < kShortest) {
      const int digit = static_cast<int>(draws.Below(kDigits));
      tokens.push_back(kFirstDigit + digit);
      return digit;
    }
    const auto operation = static_cast<Operator>(draws.Below(kOperators));
    tokens.push_back(kFirstOperator + operation);
    std::vector<int> values;
    for (const int64_t of_argument : Shares(room - 2, capacity_[depth + 1], draws)) {
      values.push_back(Write(of_argument, depth + 1, draws, tokens));
    }
    tokens.push_back(kClose);
    return Value(operation, values);
  }

  // `room` tokens among a drawn number of arguments, each at least 1 and at most `most`; all of them where that can be.
  std::vector<int64_t> Shares(int64_t room, int64_t most, Draws& draws) const {
    const int64_t fewest = std::max<int64_t>(2, (room + most - 1) / most);
    std::vector<int64_t> shares(draws.Between(fewest, std::min(most_arguments_, room)), 1);
    int64_t left = room - static_cast<int64_t>(shares.size());
    const size_t first = draws.Below(shares.size());  // else the first argument would be the longest one
    for (size_t i = 0; i < shares.size(); ++i) {
      const int64_t of_others = static_cast<int64_t>(shares.size() - i - 1) * (most - 1);
      const int64_t low = std::max<int64_t>(0, left - of_others), high = std::min(left, most - 1);
      const int64_t share = static_cast<int64_t>(draws.Between(low, std::max(low, high)));
      shares[(first + i) % shares.size()] += share;
      left -= share;
    }
    return shares;
  }

  const int64_t most_arguments_;
  std::vector<int64_t> capacity_;  // most tokens of an expression below so many brackets
};

// Most tokens of an expression in any set.
int64_t MostTokens(const ListOps& settings) {
  Task task;
  *task.mutable_list_ops() = settings;
  return MaxTokens(task) - 1;
}

absl::Status CheckSettings(const ListOps& settings) {
  constexpr char kWhere[] = "task.list_ops";
  if (settings.min_tokens() < kShortest || settings.max_arguments() < 2 || settings.max_depth() < 1) {
    return absl::InvalidArgumentError(
        fmt::format("{}: min_tokens {}, max_arguments {}, max_depth {}; at least 4, 2 and 1 are needed", kWhere,
                    settings.min_tokens(), settings.max_arguments(), settings.max_depth()));
  }
  if (settings.min_tokens() > settings.max_tokens()) {
    return absl::InvalidArgumentError(fmt::format("{}.min_tokens: {} is more than max_tokens, which is {}", kWhere,
                                                  settings.min_tokens(), settings.max_tokens()));
  }
  const int64_t most = MostTokens(settings), longest = Expressions(settings).longest();
  if (most <= longest) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("{}.max_depth: {}, with at most {} arguments no expression has more than {} tokens; {} are asked for by "
                  "max_tokens and longest_multiple",
                  kWhere, settings.max_depth(), settings.max_arguments(), longest, most));
}

const absl::flat_hash_map<std::string, int32_t>& Tokens() {
  static const auto& tokens = *new absl::flat_hash_map<std::string, int32_t>([] {
    absl::flat_hash_map<std::string, int32_t> ids = {{"[MIN", kFirstOperator + kMin},
                                                     {"[MAX", kFirstOperator + kMax},
                                                     {"[MED", kFirstOperator + kMedian},
                                                     {"[SM", kFirstOperator + kSumModulo},
                                                     {"]", kClose}};
    for (int digit = 0; digit < kDigits; ++digit) ids[std::to_string(digit)] = kFirstDigit + digit;
    return ids;
  }());
  return tokens;
}

absl::StatusOr<Example> ParseLine(const std::string& path, int64_t line, const std::string& text) {
  const size_t tab = text.find('\t');
  if (tab != 1 || text[0] < '0' || text[0] > '9') {
    return RowError(path, line, fmt::format("{}; a digit, a tab and an expression are needed", Quoted(text)));
  }
  Example example;
  example.label = text[0] - '0';
  example.tokens.push_back(kClassify);
  std::string unknown;
  ForEachWord(std::string_view(text).substr(tab + 1), [&](std::string_view word) {
    if (word == "(" || word == ")") return;
    const auto found = Tokens().find(std::string(word));
    if (found != Tokens().end()) {
      example.tokens.push_back(found->second);
    } else if (unknown.empty()) {
      unknown = std::string(word);
    }
  });
  if (!unknown.empty()) {
    return RowError(path, line,
                    fmt::format("{} in an expression; allowed: digits, [MIN, [MAX, [MED, [SM, ], ( and )", Quoted(unknown)));
  }
  if (example.tokens.size() == 1) return RowError(path, line, "an empty expression");
  example.second_start = static_cast<int32_t>(example.tokens.size());
  return example;
}

absl::Status AddPublished(const std::string& path, int64_t most, LabelledExamples& examples) {
  ASSIGN_OR_RETURN(const std::vector<std::string> lines, ReadTextLines(path));
  ExampleSet set;
  set.name = "published";
  for (size_t i = 0; i < lines.size(); ++i) {
    const auto line = static_cast<int64_t>(i + 1);
    ASSIGN_OR_RETURN(Example example, ParseLine(path, line, lines[i]));
    if (static_cast<int64_t>(example.tokens.size()) - 1 > most) continue;
    set.examples.push_back(std::move(example));
    set.lines.push_back(line);
  }
  if (set.examples.empty()) {
    return absl::InvalidArgumentError(
        fmt::format("{}: none of its {} expressions has at most {} tokens, the most that is made", path, lines.size(), most));
  }
  examples.notes.push_back(fmt::format("{}: {} of {} expressions have more than {} tokens and are left out", path,
                                       lines.size() - set.examples.size(), lines.size(), most));
  examples.longer.push_back(std::move(set));
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckListOps(const ListOps& settings, const std::string& data_folder) {
  RETURN_IF_ERROR(CheckSettings(settings));
  if (settings.published().empty()) return absl::OkStatus();
  const std::string path = JoinPath(data_folder, settings.published());
  ASSIGN_OR_RETURN(const std::vector<std::string> lines, ReadFirstTextLines(path));
  return ParseLine(path, 1, lines[0]).status();
}

absl::StatusOr<LabelledExamples> MakeListOps(const ListOps& settings, const std::string& data_folder) {
  RETURN_IF_ERROR(CheckSettings(settings));
  const Expressions expressions(settings);
  LabelledExamples examples;
  NumberClasses(kDigits, examples);
  examples.vocabulary = kVocabulary;
  examples.max_tokens = 1 + static_cast<int>(MostTokens(settings));
  const uint64_t seed = DataSeed(
      SyntheticKind::kListOps, {settings.max_depth(), settings.max_arguments(), settings.min_tokens(), settings.max_tokens()});
  const auto make = [&](Draws& draws) { return expressions.Make(settings.min_tokens(), settings.max_tokens(), draws); };
  FillExamples(seed, settings.train_examples(), settings.validation_examples(), make, examples);
  const auto make_longer = [&](uint32_t multiple) -> MakeExample {
    const int64_t longest = int64_t{multiple} * settings.max_tokens();
    return [&expressions, longest](Draws& draws) { return expressions.Make(longest / 2 + 1, longest, draws); };
  };
  FillLonger(seed, settings.longest_multiple(), settings.longer_examples(), make_longer, examples);
  if (!settings.published().empty()) {
    RETURN_IF_ERROR(AddPublished(JoinPath(data_folder, settings.published()), MostTokens(settings), examples));
  }
  return examples;
}

}  // namespace ablate::tasks
