// A task: its examples as token ids, and the shape that a model for it needs. Torch-free.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/tasks/objective.h"
#include "lib/tasks/text/text_of_tokens.h"
#include "proto/evaluation.pb.h"
#include "proto/trial.pb.h"

namespace ablate::tasks {

// Ids in vocabularies that tasks make. WordPiece has its own but for padding, which is 0 in every vocabulary.
inline constexpr int32_t kPadding = 0, kBegin = 1, kEnd = 2, kUnknown = 3;

struct Example {
  // No padding; at most max_tokens. kClassification: [CLS] first. kSequenceToSequence: the source, kEnd last. kLanguageModel:
  // kBegin first, then text.
  std::vector<int32_t> tokens;
  int32_t second_start = 0;  // kClassification: place of the second text's first token; tokens.size() where there is none
  int32_t label = 0;         // kClassification: [0, classes)
  // kSequenceToSequence: kBegin first, kEnd last, at most max_target_tokens; a decoder reads all but the last, and learns all
  // but the first. Else empty.
  std::vector<int32_t> target = {};
};

// A set that is evaluated beside the validation set.
struct ExampleSet {
  std::string name;  // prefix of its metrics: "length_2x", "test"
  std::vector<Example> examples;
  std::vector<int64_t> lines;  // of the examples in their file, from 1; empty: they were made in memory
  // Texts that would be right, of each example; empty: examples are compared token by token.
  std::vector<std::vector<std::string>> references;
  // kLanguageModel: words of the text, line ends included; perplexity per word is exp(sum of all tokens' losses / words).
  int64_t words = 0;
};

struct SkippedRows {
  std::string file;
  int64_t count = 0;
  std::string first;  // "path:line: what was wrong" of the first one
};

struct LabelledExamples {
  Objective objective = Objective::kClassification;
  std::vector<Example> train;
  std::vector<Example> validation;
  int classes = 0;            // kClassification
  int vocabulary = 0;         // token ids of sources and targets lie in [0, vocabulary)
  int max_tokens = 0;         // longest example that can occur in any set
  int max_target_tokens = 0;  // kSequenceToSequence: longest target that can occur in any set
  std::vector<std::string> class_names;
  std::vector<int64_t> lines;        // of the validation examples in their file, from 1; empty: they were made in memory
  std::vector<SkippedRows> skipped;  // of each file that had bad rows, where they are to be left out
  // As ExampleSet's, of the validation examples.
  std::vector<std::vector<std::string>> references;
  int64_t words = 0;
  // Further sets, for the last evaluation.
  std::vector<ExampleSet> longer;
  // What a score of generated text needs; null: examples are compared token by token.
  std::shared_ptr<const TextOfTokens> text;
  // Names of the metrics that ScoreGenerated (generation_metrics.h) gives: "bleu", "rouge_l", ...; empty: none.
  std::vector<std::string> generation_metrics;
  // Classes that count as one where a second set tells fewer of them apart: class c counts as counts_as[c], the lowest of them.
  // Labels are such already; what is foretold is the class of all that is likeliest, and then counts as that one, as HANS is
  // scored. Empty: each class for itself.
  std::vector<int32_t> counts_as;
  // What is worth a message in the log, one line each: "vocabulary: BPE, 8000 tokens, sentencepiece 0.1.97, sha256 ...".
  std::vector<std::string> notes;
};

// Makes or reads the examples. Paths are relative to `data_folder`. The same task gives the same examples on every machine.
// NotFound on a missing file, InvalidArgument with "path:line: what was seen, what is allowed" on a bad row.
absl::StatusOr<LabelledExamples> LoadTask(const Task& task, const std::string& data_folder);

// The examples of a second set as `validation`, with classes and tokens of the task; `train` stays empty. LoadTask's errors;
// also InvalidArgument where the task is not text_classification.
absl::StatusOr<LabelledExamples> LoadEvaluationSet(const Task& task, const EvaluationSet& set, const std::string& data_folder);

// Reads only headers: what `ablate validate` checks. As LoadTask's errors.
absl::Status CheckTaskFiles(const Task& task, const std::string& data_folder);

// Paths of all files that the task reads, relative to the data folder, in the order of their fields.
std::vector<std::string> TaskFiles(const Task& task);

}  // namespace ablate::tasks
