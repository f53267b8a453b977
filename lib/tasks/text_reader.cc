#include "lib/tasks/text_reader.h"

#include <utility>

#include "fmt/format.h"
#include "lib/base/status_macros.h"
#include "lib/base/text.h"
#include "lib/tasks/data/row.h"
#include "lib/tasks/text_classification.h"

namespace ablate::tasks {
namespace {

absl::StatusOr<std::vector<int32_t>> Tokenized(const Tokenizer& tokenizer, const std::string& text) {
  if (!IsUtf8(text)) return absl::InvalidArgumentError(fmt::format("the text {} is not UTF-8", Quoted(text)));
  std::vector<int32_t> tokens;
  tokenizer.Append(text, tokens);
  if (tokens.empty()) return absl::InvalidArgumentError(fmt::format("the text {} has no token", Quoted(text)));
  return tokens;
}

}  // namespace

absl::StatusOr<TextReader> TextReader::Make(const Task& task, const std::string& data_folder) {
  if (!task.has_text_classification()) {
    return absl::InvalidArgumentError("texts are for trials of task.text_classification; others have examples alone");
  }
  TextReader reader;
  reader.settings_ = task.text_classification();
  ASSIGN_OR_RETURN(reader.tokenizer_, LoadTokenizer(reader.settings_, data_folder));
  return reader;
}

absl::StatusOr<ReadTokens> TextReader::ReadText(const std::string& text, const std::optional<std::string>& second) const {
  if (second.has_value() && settings_.second_text_column().empty()) {
    return absl::InvalidArgumentError("a second text, but the task's examples are single texts");
  }
  ASSIGN_OR_RETURN(std::vector<int32_t> first, Tokenized(*tokenizer_, text));
  std::vector<int32_t> other;
  if (second.has_value()) {
    ASSIGN_OR_RETURN(other, Tokenized(*tokenizer_, *second));
  }
  return ReadTokens{TextExample(*tokenizer_, settings_.max_tokens(), second.has_value(), std::move(first), std::move(other)),
                    {}};
}

absl::StatusOr<ReadTokens> TextReader::ReadWords(const std::vector<std::string>& words) const {
  ReadTokens read;
  read.words.push_back(-1);
  std::vector<int32_t> tokens;
  for (size_t i = 0; i < words.size(); ++i) {
    ASSIGN_OR_RETURN(const std::vector<int32_t> own, Tokenized(*tokenizer_, words[i]));
    tokens.insert(tokens.end(), own.begin(), own.end());
    read.words.insert(read.words.end(), own.size(), static_cast<int32_t>(i));
  }
  if (tokenizer_->closes()) read.words.push_back(-1);
  if (read.words.size() > settings_.max_tokens()) {
    return absl::OutOfRangeError(fmt::format("{} tokens, allowed are {}", read.words.size(), settings_.max_tokens()));
  }
  read.example = TextExample(*tokenizer_, settings_.max_tokens(), false, std::move(tokens), {});
  return read;
}

std::vector<std::string> TextReader::Pieces(const std::vector<int32_t>& tokens) const {
  std::vector<std::string> pieces;
  for (const int32_t token : tokens) pieces.push_back(tokenizer_->Piece(token));
  return pieces;
}

}  // namespace ablate::tasks
