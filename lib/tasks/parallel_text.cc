#include "lib/tasks/parallel_text.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "fmt/format.h"
#include "lib/base/status_macros.h"
#include "lib/tasks/catalogue.h"
#include "lib/tasks/parallel_lines.h"
#include "lib/tasks/scores/bleu.h"
#include "lib/tasks/text/vocabulary.h"

namespace ablate::tasks {
namespace {

Example MakeExample(const LinePair& pair, const Vocabulary& vocabulary) {
  Example example;
  vocabulary.Append(pair.source, example.tokens);
  example.tokens.push_back(kEnd);
  example.target.push_back(kBegin);
  vocabulary.Append(pair.target, example.target);
  example.target.push_back(kEnd);
  example.second_start = static_cast<int32_t>(example.tokens.size());
  return example;
}

// Cuts what is longer; the end stays.
void Cut(size_t most, std::vector<int32_t>& tokens) {
  if (tokens.size() <= most) return;
  tokens.resize(most);
  tokens.back() = kEnd;
}

absl::Status AddTraining(const std::vector<LinePair>& pairs, const Vocabulary& vocabulary, const std::string& path,
                         LabelledExamples& examples) {
  const auto most = static_cast<size_t>(examples.max_tokens);
  for (const LinePair& pair : pairs) {
    Example example = MakeExample(pair, vocabulary);
    if (std::max(example.tokens.size(), example.target.size()) <= most) examples.train.push_back(std::move(example));
  }
  const size_t left_out = pairs.size() - examples.train.size();
  if (examples.train.empty()) {
    return absl::InvalidArgumentError(fmt::format("{}: all {} pairs have more than {} tokens on a side", path, left_out, most));
  }
  if (left_out > 0) {
    examples.notes.push_back(fmt::format("{}: {} of {} pairs have more than {} tokens on a side and are left out", path,
                                         left_out, pairs.size(), most));
  }
  return absl::OkStatus();
}

ExampleSet MakeSet(const std::vector<LinePair>& pairs, bool joins_equal_sources, const Vocabulary& vocabulary, size_t most) {
  ExampleSet set;
  absl::flat_hash_map<std::string, size_t> places;  // of sources
  for (const LinePair& pair : pairs) {
    if (joins_equal_sources) {
      const auto [found, is_new] = places.emplace(pair.source, set.examples.size());
      if (!is_new) {
        set.references[found->second].push_back(pair.target);
        continue;
      }
    }
    Example example = MakeExample(pair, vocabulary);
    Cut(most, example.tokens);
    Cut(most, example.target);
    example.second_start = static_cast<int32_t>(example.tokens.size());
    set.examples.push_back(std::move(example));
    set.lines.push_back(pair.line);
    set.references.push_back({pair.target});
  }
  return set;
}

absl::StatusOr<std::shared_ptr<const Vocabulary>> VocabularyOf(const Task& task, const std::vector<LinePair>& train) {
  std::vector<std::string_view> lines;
  for (const LinePair& pair : train) {
    lines.push_back(pair.source);
    lines.push_back(pair.target);
  }
  return MakeVocabulary(ParallelTextOf(task).vocabulary(), fmt::format("task.{}.vocabulary", TaskName(task)), lines);
}

void Describe(const Task& task, const std::shared_ptr<const Vocabulary>& vocabulary, LabelledExamples& examples) {
  examples.objective = Objective::kSequenceToSequence;
  examples.vocabulary = vocabulary->size();
  examples.max_tokens = MaxTokens(task);
  examples.max_target_tokens = MaxTargetTokens(task);
  examples.text = vocabulary;
  examples.generation_metrics = {"bleu"};
  if (task.has_generation()) examples.generation_metrics = {"bleu", "distinct_1", "distinct_2", "rouge_l"};
  examples.notes.push_back("vocabulary: " + vocabulary->description());
  examples.notes.push_back(
      fmt::format("bleu: as sacrebleu's nrefs:{}|{}", task.has_generation() ? "var" : "1", kBleuSignature));
}

}  // namespace

absl::StatusOr<LabelledExamples> LoadParallelText(const Task& task, const std::string& data_folder) {
  const ParallelText& settings = ParallelTextOf(task);
  const ParallelLines lines(task, data_folder);
  RETURN_IF_ERROR(lines.CheckSettings());
  LabelledExamples examples;
  ASSIGN_OR_RETURN(const std::vector<LinePair> train, lines.Read(lines.Train(), settings.train_rows(), examples.skipped));
  ASSIGN_OR_RETURN(const std::vector<LinePair> validation, lines.Read(lines.Validation(), 0, examples.skipped));
  std::vector<LinePair> test;
  if (lines.HasTest()) {
    ASSIGN_OR_RETURN(test, lines.Read(lines.Test(), 0, examples.skipped));
  }
  ASSIGN_OR_RETURN(const std::shared_ptr<const Vocabulary> vocabulary, VocabularyOf(task, train));
  Describe(task, vocabulary, examples);
  RETURN_IF_ERROR(AddTraining(train, *vocabulary, lines.Train().source, examples));
  const auto make_set = [&](const std::vector<LinePair>& pairs) {
    return MakeSet(pairs, task.has_generation(), *vocabulary, settings.max_tokens());
  };
  ExampleSet set = make_set(validation);
  examples.validation = std::move(set.examples);
  examples.lines = std::move(set.lines);
  examples.references = std::move(set.references);
  if (lines.HasTest()) {
    examples.longer.push_back(make_set(test));
    examples.longer.back().name = "test";
  }
  return examples;
}

}  // namespace ablate::tasks
