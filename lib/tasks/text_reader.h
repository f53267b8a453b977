// Texts that are in no file of a task, as its trials see them: for looking at a trained model. Torch-free.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/tasks/data/tokenizer.h"
#include "lib/tasks/task.h"

namespace ablate::tasks {

struct ReadTokens {
  Example example;             // label 0
  std::vector<int32_t> words;  // of each token: place of the word that it is of; -1 of [CLS] and [SEP]; empty where not asked
};

class TextReader {
 public:
  // InvalidArgument where the task is not text_classification; else as LoadTask.
  static absl::StatusOr<TextReader> Make(const Task& task, const std::string& data_folder);

  // Tokenized and cut as the rows of the task's files are. InvalidArgument on a text without tokens, on bytes that are not
  // UTF-8, and on a second text where the task has none.
  absl::StatusOr<ReadTokens> ReadText(const std::string& text, const std::optional<std::string>& second) const;

  // Words one after the other, each tokenized by itself, so that every token is of one word. OutOfRange where they are more
  // than max_tokens, InvalidArgument where a word has no token.
  absl::StatusOr<ReadTokens> ReadWords(const std::vector<std::string>& words) const;

  // Each token as people read it.
  std::vector<std::string> Pieces(const std::vector<int32_t>& tokens) const;

 private:
  TextClassification settings_;
  std::shared_ptr<const Tokenizer> tokenizer_;
};

}  // namespace ablate::tasks
