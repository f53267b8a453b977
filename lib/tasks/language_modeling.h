// language_modeling: a text, token by token. Each line's tokens are followed by a token of its end: kEnd, or with CHARACTERS
// the line feed. What follows is cut into blocks of max_tokens - 1 tokens, the last one shorter, each with kBegin before it; a
// block knows nothing of the one before. With BPE and UNIGRAM runs of spaces count as one.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/tasks/task.h"

namespace ablate::tasks {

// Words, for the perplexity per word, are those between white space and the ends of lines. Errors as LoadTask's.
absl::StatusOr<LabelledExamples> LoadLanguageModeling(const LanguageModeling& settings, const std::string& data_folder);

// The settings, and the first line of each file.
absl::Status CheckLanguageModeling(const LanguageModeling& settings, const std::string& data_folder);

}  // namespace ablate::tasks
