// Sentences, or pairs of sentences, with labels, read from files.
// * Tokens: [CLS] text, or [CLS] text [SEP] second text; with WORD_PIECE the last text is followed by [SEP], as BERT's is. At
//   most max_tokens: a longer text loses its end; of a pair the longer text loses its last tokens until both fit.
// * Labels: those of the whole training file. Integers 0..C-1, all of them present, keep their numbers; other labels are names,
//   numbered in the order of their bytes. At least 2, at most 10000 classes.
// * WORDS: the vocabulary is made from the texts of the training rows that are used (train_rows).
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/tasks/examples.h"
#include "proto/evaluation.pb.h"
#include "proto/trial.pb.h"

namespace ablate::tasks {

// Errors as LoadTask's; a row's error is "path:line: ...".
absl::StatusOr<LabelledExamples> LoadTextClassification(const TextClassification& settings, const std::string& data_folder);

// See tasks::LoadEvaluationSet.
absl::StatusOr<LabelledExamples> LoadTextEvaluationSet(const TextClassification& settings, const EvaluationSet& set,
                                                       const std::string& data_folder);

// Looks at the first rows of each file, and at the whole vocabulary.
absl::Status CheckTextClassification(const TextClassification& settings, const std::string& data_folder);

}  // namespace ablate::tasks
