#include "lib/tasks/text_classification.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <vector>

#include "fmt/format.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/tasks/data/labels.h"
#include "lib/tasks/data/rows.h"
#include "lib/tasks/data/word_piece.h"
#include "lib/tasks/data/words.h"

namespace ablate::tasks {
namespace {

Columns ColumnsOf(const TextClassification& settings) {
  return {settings.text_column(), settings.second_text_column(), settings.label_column()};
}

absl::Status CheckSettings(const TextClassification& settings) {
  constexpr uint32_t kLeastTokens = 3;
  const auto missing = [](std::string_view field) {
    return absl::InvalidArgumentError(fmt::format("task.text_classification.{}: is not set; a path is needed", field));
  };
  if (settings.train().empty()) return missing("train");
  if (settings.validation().empty()) return missing("validation");
  if (settings.tokenizer().kind() == ablate::Tokenizer::WORD_PIECE && settings.tokenizer().vocabulary().empty()) {
    return missing("tokenizer.vocabulary");
  }
  if (settings.tokenizer().kind() == ablate::Tokenizer::KIND_UNSPECIFIED) {
    return absl::InvalidArgumentError("task.text_classification.tokenizer.kind: KIND_UNSPECIFIED; allowed: WORDS, WORD_PIECE");
  }
  if (settings.max_tokens() < kLeastTokens) {
    return absl::InvalidArgumentError(
        fmt::format("task.text_classification.max_tokens: {}; at least {} are needed", settings.max_tokens(), kLeastTokens));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Tokenizer>> MakeTokenizer(const TextClassification& settings, const std::string& data_folder,
                                                         const std::vector<Row>& train) {
  if (settings.tokenizer().kind() == ablate::Tokenizer::WORD_PIECE) {
    return WordPiece::Load(JoinPath(data_folder, settings.tokenizer().vocabulary()));
  }
  std::vector<std::string_view> texts;
  for (const Row& row : train) {
    texts.push_back(row.text);
    texts.push_back(row.second_text);
  }
  return std::make_unique<Words>(texts, settings.tokenizer().max_words());
}

// To `room` tokens in all: always the longer one loses a token, the second on a tie.
void Shorten(size_t room, std::vector<int32_t>& first, std::vector<int32_t>& second) {
  while (first.size() + second.size() > room) (first.size() > second.size() ? first : second).pop_back();
}

absl::StatusOr<std::vector<int32_t>> Tokenize(const std::string& path, const Row& row, const std::string& text,
                                              const Tokenizer& tokenizer) {
  std::vector<int32_t> tokens;
  tokenizer.Append(text, tokens);
  if (tokens.empty()) return RowError(path, row.line, fmt::format("the text {} has no token", Quoted(text)));
  return tokens;
}

absl::StatusOr<Example> MakeExample(const std::string& path, const Row& row, const Tokenizer& tokenizer, bool pairs,
                                    size_t max_tokens) {
  ASSIGN_OR_RETURN(std::vector<int32_t> first, Tokenize(path, row, row.text, tokenizer));
  std::vector<int32_t> second;
  if (pairs) {
    ASSIGN_OR_RETURN(second, Tokenize(path, row, row.second_text, tokenizer));
  }
  const size_t special = pairs ? 2 : 1;
  Shorten(max_tokens - special, first, second);
  Example example;
  example.tokens.reserve(special + first.size() + second.size());
  example.tokens.push_back(tokenizer.classify());
  example.tokens.insert(example.tokens.end(), first.begin(), first.end());
  if (pairs) example.tokens.push_back(tokenizer.separate());
  example.tokens.insert(example.tokens.end(), second.begin(), second.end());
  return example;
}

absl::StatusOr<std::vector<Example>> MakeExamples(const std::string& path, const std::vector<Row>& rows, const Labels& labels,
                                                  const Tokenizer& tokenizer, const TextClassification& settings) {
  std::vector<Example> examples;
  examples.reserve(rows.size());
  for (const Row& row : rows) {
    ASSIGN_OR_RETURN(Example example,
                     MakeExample(path, row, tokenizer, !settings.second_text_column().empty(), settings.max_tokens()));
    ASSIGN_OR_RETURN(example.label, labels.ClassOf(path, row));
    examples.push_back(std::move(example));
  }
  return examples;
}

}  // namespace

absl::StatusOr<LabelledExamples> LoadTextClassification(const TextClassification& settings, const std::string& data_folder) {
  RETURN_IF_ERROR(CheckSettings(settings));
  const std::string train_path = JoinPath(data_folder, settings.train());
  const std::string validation_path = JoinPath(data_folder, settings.validation());
  ASSIGN_OR_RETURN(std::vector<Row> train, ReadRows(train_path, ColumnsOf(settings)));
  ASSIGN_OR_RETURN(const std::vector<Row> validation, ReadRows(validation_path, ColumnsOf(settings)));
  ASSIGN_OR_RETURN(const Labels labels, Labels::Collect(train_path, train));
  if (settings.train_rows() > 0 && settings.train_rows() < train.size()) train.resize(settings.train_rows());
  ASSIGN_OR_RETURN(const std::unique_ptr<Tokenizer> tokenizer, MakeTokenizer(settings, data_folder, train));
  LabelledExamples examples;
  ASSIGN_OR_RETURN(examples.train, MakeExamples(train_path, train, labels, *tokenizer, settings));
  ASSIGN_OR_RETURN(examples.validation, MakeExamples(validation_path, validation, labels, *tokenizer, settings));
  examples.classes = static_cast<int>(labels.names().size());
  examples.class_names = labels.names();
  examples.vocabulary = tokenizer->vocabulary();
  examples.max_tokens = static_cast<int>(settings.max_tokens());
  return examples;
}

absl::Status CheckTextClassification(const TextClassification& settings, const std::string& data_folder) {
  RETURN_IF_ERROR(CheckSettings(settings));
  RETURN_IF_ERROR(CheckFirstRows(JoinPath(data_folder, settings.train()), ColumnsOf(settings)));
  RETURN_IF_ERROR(CheckFirstRows(JoinPath(data_folder, settings.validation()), ColumnsOf(settings)));
  if (settings.tokenizer().kind() != ablate::Tokenizer::WORD_PIECE) return absl::OkStatus();
  return WordPiece::Load(JoinPath(data_folder, settings.tokenizer().vocabulary())).status();
}

}  // namespace ablate::tasks
