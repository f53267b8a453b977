#include "lib/tasks/language_modeling.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/tasks/data/text_lines.h"
#include "lib/tasks/data/unicode.h"
#include "lib/tasks/text/vocabulary.h"

namespace ablate::tasks {
namespace {

using Lines = std::vector<std::string>;

absl::Status CheckSettings(const LanguageModeling& settings) {
  constexpr char kWhere[] = "task.language_modeling";
  constexpr uint32_t kLeastTokens = 3;
  if (settings.train().empty()) {
    return absl::InvalidArgumentError(fmt::format("{}.train: is not set; a path is needed", kWhere));
  }
  if (settings.max_tokens() < kLeastTokens) {
    return absl::InvalidArgumentError(
        fmt::format("{}.max_tokens: {}; at least {} are needed", kWhere, settings.max_tokens(), kLeastTokens));
  }
  if (settings.validation_share() > 0 && settings.validation_share() < 1) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("{}.validation_share: {}; allowed: a number above 0 and below 1", kWhere, settings.validation_share()));
}

// Takes its last lines from `train`.
absl::StatusOr<Lines> SplitOff(const std::string& path, double share, Lines& train) {
  const auto count = std::max<size_t>(1, static_cast<size_t>(share * static_cast<double>(train.size())));
  if (count >= train.size()) {
    return absl::InvalidArgumentError(
        fmt::format("{}: {} lines can't be split into training and validation", path, train.size()));
  }
  Lines split(std::make_move_iterator(train.end() - static_cast<std::ptrdiff_t>(count)), std::make_move_iterator(train.end()));
  train.resize(train.size() - count);
  return split;
}

class Blocks {
 public:
  Blocks(const LanguageModeling& settings, const Vocabulary& vocabulary)
      : settings_(settings),
        vocabulary_(vocabulary),
        by_character_(settings.vocabulary().kind() == TextVocabulary::CHARACTERS) {}

  std::vector<Example> Cut(const Lines& lines) const {
    std::vector<int32_t> tokens;
    for (const std::string& line : lines) {
      vocabulary_.Append(line, tokens);
      if (by_character_) {
        vocabulary_.Append("\n", tokens);
      } else {
        tokens.push_back(kEnd);
      }
    }
    const size_t in_block = settings_.max_tokens() - 1;
    std::vector<Example> blocks;
    for (size_t start = 0; start < tokens.size(); start += in_block) {
      Example block;
      block.tokens.push_back(kBegin);
      const size_t end = std::min(tokens.size(), start + in_block);
      block.tokens.insert(block.tokens.end(), tokens.begin() + start, tokens.begin() + end);
      block.second_start = static_cast<int32_t>(block.tokens.size());
      blocks.push_back(std::move(block));
    }
    return blocks;
  }

 private:
  const LanguageModeling& settings_;
  const Vocabulary& vocabulary_;
  const bool by_character_;
};

int64_t WordsOf(const Lines& lines) {
  auto count = static_cast<int64_t>(lines.size());
  for (const std::string& line : lines) ForEachWord(line, [&](std::string_view) { ++count; });
  return count;
}

class Reader {
 public:
  Reader(const LanguageModeling& settings, const std::string& data_folder) : settings_(settings), folder_(data_folder) {}

  absl::StatusOr<Lines> Read(const std::string& file) const {
    ASSIGN_OR_RETURN(Lines lines, ReadTextLines(JoinPath(folder_, file)));
    if (settings_.vocabulary().lower_case()) {
      for (std::string& line : lines) line = LowerCase(line);
    }
    return lines;
  }

 private:
  const LanguageModeling& settings_;
  const std::string& folder_;
};

absl::StatusOr<std::shared_ptr<const Vocabulary>> VocabularyOf(const LanguageModeling& settings, const Lines& train) {
  std::vector<std::string_view> lines(train.begin(), train.end());
  if (settings.vocabulary().kind() == TextVocabulary::CHARACTERS) lines.insert(lines.end(), train.size(), "\n");
  return MakeVocabulary(settings.vocabulary(), "task.language_modeling.vocabulary", lines);
}

}  // namespace

absl::Status CheckLanguageModeling(const LanguageModeling& settings, const std::string& data_folder) {
  RETURN_IF_ERROR(CheckSettings(settings));
  for (const std::string& file : {settings.train(), settings.validation(), settings.test()}) {
    if (!file.empty()) RETURN_IF_ERROR(ReadFirstTextLines(JoinPath(data_folder, file)).status());
  }
  return absl::OkStatus();
}

absl::StatusOr<LabelledExamples> LoadLanguageModeling(const LanguageModeling& settings, const std::string& data_folder) {
  RETURN_IF_ERROR(CheckSettings(settings));
  const Reader reader(settings, data_folder);
  ASSIGN_OR_RETURN(Lines train, reader.Read(settings.train()));
  Lines validation;
  if (settings.validation().empty()) {
    ASSIGN_OR_RETURN(validation, SplitOff(JoinPath(data_folder, settings.train()), settings.validation_share(), train));
  } else {
    ASSIGN_OR_RETURN(validation, reader.Read(settings.validation()));
  }
  if (settings.train_rows() > 0 && settings.train_rows() < train.size()) train.resize(settings.train_rows());
  ASSIGN_OR_RETURN(const std::shared_ptr<const Vocabulary> vocabulary, VocabularyOf(settings, train));
  const Blocks blocks(settings, *vocabulary);
  LabelledExamples examples;
  examples.objective = Objective::kLanguageModel;
  examples.vocabulary = vocabulary->size();
  examples.max_tokens = static_cast<int>(settings.max_tokens());
  examples.text = vocabulary;
  examples.notes.push_back("vocabulary: " + vocabulary->description());
  examples.train = blocks.Cut(train);
  examples.validation = blocks.Cut(validation);
  examples.words = WordsOf(validation);
  if (!settings.test().empty()) {
    ASSIGN_OR_RETURN(const Lines test, reader.Read(settings.test()));
    ExampleSet set;
    set.name = "test";
    set.examples = blocks.Cut(test);
    set.words = WordsOf(test);
    examples.longer.push_back(std::move(set));
  }
  return examples;
}

}  // namespace ablate::tasks
