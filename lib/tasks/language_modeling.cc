#include "lib/tasks/language_modeling.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/status_macros.h"
#include "lib/tasks/data/unicode.h"
#include "lib/tasks/language_lines.h"
#include "lib/tasks/text/vocabulary.h"

namespace ablate::tasks {
namespace {

using Lines = std::vector<std::string>;

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

absl::StatusOr<std::shared_ptr<const Vocabulary>> VocabularyOf(const LanguageModeling& settings, const Lines& train) {
  std::vector<std::string_view> lines(train.begin(), train.end());
  if (settings.vocabulary().kind() == TextVocabulary::CHARACTERS) lines.insert(lines.end(), train.size(), "\n");
  return MakeVocabulary(settings.vocabulary(), "task.language_modeling.vocabulary", lines);
}

}  // namespace

absl::StatusOr<LabelledExamples> LoadLanguageModeling(const LanguageModeling& settings, const std::string& data_folder) {
  ASSIGN_OR_RETURN(const LanguageLines lines, ReadLanguageLines(settings, data_folder));
  ASSIGN_OR_RETURN(const std::shared_ptr<const Vocabulary> vocabulary, VocabularyOf(settings, lines.train));
  const Blocks blocks(settings, *vocabulary);
  LabelledExamples examples;
  examples.objective = Objective::kLanguageModel;
  examples.vocabulary = vocabulary->size();
  examples.max_tokens = static_cast<int>(settings.max_tokens());
  examples.text = vocabulary;
  examples.notes.push_back("vocabulary: " + vocabulary->description());
  examples.train = blocks.Cut(lines.train);
  examples.validation = blocks.Cut(lines.validation);
  examples.words = WordsOf(lines.validation);
  if (!lines.test.empty()) {
    ExampleSet set;
    set.name = "test";
    set.examples = blocks.Cut(lines.test);
    set.words = WordsOf(lines.test);
    examples.longer.push_back(std::move(set));
  }
  return examples;
}

}  // namespace ablate::tasks
