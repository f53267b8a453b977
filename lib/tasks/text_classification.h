// Sentences, or pairs of sentences, with labels, read from files.
// * Tokens: [CLS] text, or [CLS] text [SEP] second text; with WORD_PIECE the last text is followed by [SEP], as BERT's is. At
//   most max_tokens: a longer text loses its end; of a pair the longer text loses its last tokens until both fit.
// * Labels: those of the whole training file. Integers 0..C-1, all of them present, keep their numbers; other labels are names,
//   numbered in the order of their bytes. At least 2, at most 10000 classes.
// * WORDS: the vocabulary is made from the texts of the training rows that are used (train_rows).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/tasks/data/tokenizer.h"
#include "lib/tasks/examples.h"
#include "proto/evaluation.pb.h"
#include "proto/trial.pb.h"

namespace ablate::tasks {

// Errors as LoadTask's; a row's error is "path:line: ...".
absl::StatusOr<LabelledExamples> LoadTextClassification(const TextClassification& settings, const std::string& data_folder);

// See tasks::LoadEvaluationSet.
absl::StatusOr<LabelledExamples> LoadTextEvaluationSet(const TextClassification& settings, const EvaluationSet& set,
                                                       const std::string& data_folder);

// The task's tokenizer; of WORDS the training file is read for its vocabulary. Errors as LoadTask's.
absl::StatusOr<std::unique_ptr<Tokenizer>> LoadTokenizer(const TextClassification& settings, const std::string& data_folder);

// [CLS], the first text's tokens, of a pair [SEP] and the second's, and [SEP] where the tokenizer closes: at most `max_tokens`,
// where the longer text always loses its last token, the second on a tie. No label.
Example TextExample(const Tokenizer& tokenizer, size_t max_tokens, bool pairs, std::vector<int32_t> first,
                    std::vector<int32_t> second);

// Looks at the first rows of each file, and at the whole vocabulary.
absl::Status CheckTextClassification(const TextClassification& settings, const std::string& data_folder);

}  // namespace ablate::tasks
