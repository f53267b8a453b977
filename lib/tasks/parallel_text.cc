#include "lib/tasks/parallel_text.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "fmt/format.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/tasks/catalogue.h"
#include "lib/tasks/data/row.h"
#include "lib/tasks/data/text_lines.h"
#include "lib/tasks/data/unicode.h"
#include "lib/tasks/scores/bleu.h"
#include "lib/tasks/text/vocabulary.h"

namespace ablate::tasks {
namespace {

// Two files that belong together: train_source and train_target, ...
struct Files {
  std::string source, target;
};

struct Pair {
  int64_t line = 0;
  std::string source;
  std::string target;
};

bool IsGeneration(const Task& task) { return task.has_generation(); }
const ParallelText& SettingsOf(const Task& task) { return IsGeneration(task) ? task.generation() : task.translation(); }

class Reader {
 public:
  Reader(const Task& task, const std::string& data_folder)
      : settings_(SettingsOf(task)), name_("task." + TaskName(task)), folder_(data_folder) {}

  Files Train() const { return Paths(settings_.train_source(), settings_.train_target()); }
  Files Validation() const { return Paths(settings_.validation_source(), settings_.validation_target()); }
  Files Test() const { return Paths(settings_.test_source(), settings_.test_target()); }
  bool HasTest() const { return !settings_.test_source().empty(); }

  absl::Status CheckSettings() const {
    constexpr uint32_t kLeastTokens = 3;
    for (const auto& [field, path] : {std::pair{"train_source", &settings_.train_source()},
                                      {"train_target", &settings_.train_target()},
                                      {"validation_source", &settings_.validation_source()},
                                      {"validation_target", &settings_.validation_target()}}) {
      if (path->empty()) return absl::InvalidArgumentError(fmt::format("{}.{}: is not set; a path is needed", name_, field));
    }
    if (settings_.test_source().empty() != settings_.test_target().empty()) {
      return absl::InvalidArgumentError(
          fmt::format("{}.{}: is set without its partner; test_source and test_target go together", name_,
                      settings_.test_source().empty() ? "test_target" : "test_source"));
    }
    if (settings_.max_tokens() >= kLeastTokens) return absl::OkStatus();
    return absl::InvalidArgumentError(
        fmt::format("{}.max_tokens: {}; at least {} are needed", name_, settings_.max_tokens(), kLeastTokens));
  }

  absl::Status CheckFirstLines(const Files& files) const {
    ASSIGN_OR_RETURN(const std::vector<std::string> sources, ReadFirstTextLines(files.source));
    ASSIGN_OR_RETURN(const std::vector<std::string> targets, ReadFirstTextLines(files.target));
    const absl::Status status = MakePair(files, 1, sources[0], targets[0]).status();
    return settings_.on_bad_row() == TextClassification::SKIP ? absl::OkStatus() : status;
  }

  // At most `rows` of them; 0: all.
  absl::StatusOr<std::vector<Pair>> Pairs(const Files& files, size_t rows, std::vector<SkippedRows>& skipped) const {
    ASSIGN_OR_RETURN(const std::vector<std::string> sources, ReadTextLines(files.source));
    ASSIGN_OR_RETURN(const std::vector<std::string> targets, ReadTextLines(files.target));
    if (sources.size() != targets.size()) {
      return absl::InvalidArgumentError(fmt::format("{}: {} lines, but {} has {}; line n of one belongs to line n of the other",
                                                    files.target, targets.size(), files.source, sources.size()));
    }
    BadRows bad(settings_.on_bad_row() == TextClassification::SKIP);
    std::vector<Pair> pairs;
    for (size_t i = 0; i < sources.size() && (rows == 0 || i < rows); ++i) {
      absl::StatusOr<Pair> pair = MakePair(files, static_cast<int64_t>(i + 1), sources[i], targets[i]);
      if (pair.ok()) {
        pairs.push_back(*std::move(pair));
      } else {
        RETURN_IF_ERROR(bad.Meet(pair.status()));
      }
    }
    if (pairs.empty()) {
      return absl::InvalidArgumentError(fmt::format("{}: no lines that can be used; {}", files.source, bad.first()));
    }
    if (bad.count() > 0) skipped.push_back({files.source, bad.count(), bad.first()});
    return pairs;
  }

 private:
  Files Paths(const std::string& source, const std::string& target) const {
    return {JoinPath(folder_, source), JoinPath(folder_, target)};
  }

  std::string Clean(std::string_view line) const {
    const absl::string_view text = absl::StripAsciiWhitespace({line.data(), line.size()});
    if (settings_.vocabulary().lower_case()) return LowerCase({text.data(), text.size()});
    return std::string(text);
  }

  absl::StatusOr<Pair> MakePair(const Files& files, int64_t line, std::string_view source, std::string_view target) const {
    if (const std::string& end = settings_.target_ends_at(); !end.empty()) {
      const size_t at = target.find(end);
      if (at == std::string_view::npos) {
        return RowError(files.target, line, fmt::format("{} has no {}, where its text is to end", Quoted(target), Quoted(end)));
      }
      target = target.substr(0, at);
    }
    Pair pair = {line, Clean(source), Clean(target)};
    if (pair.source.empty()) return RowError(files.source, line, "the line is empty");
    if (pair.target.empty()) return RowError(files.target, line, "the line has no text");
    return pair;
  }

  const ParallelText& settings_;
  const std::string name_;
  const std::string& folder_;
};

Example MakeExample(const Pair& pair, const Vocabulary& vocabulary) {
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

absl::Status AddTraining(const std::vector<Pair>& pairs, const Vocabulary& vocabulary, const std::string& path,
                         LabelledExamples& examples) {
  const auto most = static_cast<size_t>(examples.max_tokens);
  for (const Pair& pair : pairs) {
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

ExampleSet MakeSet(const std::vector<Pair>& pairs, bool joins_equal_sources, const Vocabulary& vocabulary, size_t most) {
  ExampleSet set;
  absl::flat_hash_map<std::string, size_t> places;  // of sources
  for (const Pair& pair : pairs) {
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

absl::StatusOr<std::shared_ptr<const Vocabulary>> VocabularyOf(const Task& task, const std::vector<Pair>& train) {
  std::vector<std::string_view> lines;
  for (const Pair& pair : train) {
    lines.push_back(pair.source);
    lines.push_back(pair.target);
  }
  return MakeVocabulary(SettingsOf(task).vocabulary(), fmt::format("task.{}.vocabulary", TaskName(task)), lines);
}

void Describe(const Task& task, const std::shared_ptr<const Vocabulary>& vocabulary, LabelledExamples& examples) {
  examples.objective = Objective::kSequenceToSequence;
  examples.vocabulary = vocabulary->size();
  examples.max_tokens = MaxTokens(task);
  examples.max_target_tokens = MaxTargetTokens(task);
  examples.text = vocabulary;
  examples.generation_metrics = {"bleu"};
  if (IsGeneration(task)) examples.generation_metrics = {"bleu", "distinct_1", "distinct_2", "rouge_l"};
  examples.notes.push_back("vocabulary: " + vocabulary->description());
  examples.notes.push_back(fmt::format("bleu: as sacrebleu's nrefs:{}|{}", IsGeneration(task) ? "var" : "1", kBleuSignature));
}

}  // namespace

absl::Status CheckParallelText(const Task& task, const std::string& data_folder) {
  const Reader reader(task, data_folder);
  RETURN_IF_ERROR(reader.CheckSettings());
  RETURN_IF_ERROR(reader.CheckFirstLines(reader.Train()));
  RETURN_IF_ERROR(reader.CheckFirstLines(reader.Validation()));
  return reader.HasTest() ? reader.CheckFirstLines(reader.Test()) : absl::OkStatus();
}

absl::StatusOr<LabelledExamples> LoadParallelText(const Task& task, const std::string& data_folder) {
  const ParallelText& settings = SettingsOf(task);
  const Reader reader(task, data_folder);
  RETURN_IF_ERROR(reader.CheckSettings());
  LabelledExamples examples;
  ASSIGN_OR_RETURN(const std::vector<Pair> train, reader.Pairs(reader.Train(), settings.train_rows(), examples.skipped));
  ASSIGN_OR_RETURN(const std::vector<Pair> validation, reader.Pairs(reader.Validation(), 0, examples.skipped));
  std::vector<Pair> test;
  if (reader.HasTest()) {
    ASSIGN_OR_RETURN(test, reader.Pairs(reader.Test(), 0, examples.skipped));
  }
  ASSIGN_OR_RETURN(const std::shared_ptr<const Vocabulary> vocabulary, VocabularyOf(task, train));
  Describe(task, vocabulary, examples);
  RETURN_IF_ERROR(AddTraining(train, *vocabulary, reader.Train().source, examples));
  const auto make_set = [&](const std::vector<Pair>& pairs) {
    return MakeSet(pairs, IsGeneration(task), *vocabulary, settings.max_tokens());
  };
  ExampleSet set = make_set(validation);
  examples.validation = std::move(set.examples);
  examples.lines = std::move(set.lines);
  examples.references = std::move(set.references);
  if (reader.HasTest()) {
    examples.longer.push_back(make_set(test));
    examples.longer.back().name = "test";
  }
  return examples;
}

}  // namespace ablate::tasks
