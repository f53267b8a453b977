#include "lib/tasks/text_classification.h"

#include <algorithm>
#include <map>
#include <memory>
#include <numeric>
#include <string_view>
#include <utility>
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

RowFormat FormatOf(const TextClassification& settings, const std::string& json_key = "") {
  return {{settings.text_column(), settings.second_text_column(), settings.label_column()},
          settings.quoting() == TextClassification::DOUBLE_QUOTES,
          settings.ignored_label(),
          json_key};
}

bool SkipsBadRows(const TextClassification& settings) { return settings.on_bad_row() == TextClassification::SKIP; }

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

// The rows of one file, on their way to examples.
class FileReader {
 public:
  FileReader(const TextClassification& settings, std::string path, const std::string& json_key = "")
      : settings_(settings), format_(FormatOf(settings, json_key)), path_(std::move(path)), bad_(SkipsBadRows(settings)) {}

  const std::string& path() const { return path_; }

  absl::StatusOr<std::vector<Row>> Rows() { return ReadRows(path_, format_, bad_); }

  absl::StatusOr<std::vector<Example>> Examples(const std::vector<Row>& rows, const Labels& labels, const Tokenizer& tokenizer,
                                                std::vector<SkippedRows>& skipped, std::vector<int64_t>* lines = nullptr) {
    std::vector<Example> examples;
    examples.reserve(rows.size());
    for (const Row& row : rows) {
      absl::StatusOr<Example> example = ExampleOf(row, labels, tokenizer);
      if (example.ok()) {
        examples.push_back(*std::move(example));
        if (lines != nullptr) lines->push_back(row.line);
      } else {
        RETURN_IF_ERROR(bad_.Meet(example.status()));
      }
    }
    if (examples.empty())
      return absl::InvalidArgumentError(fmt::format("{}: no rows that can be used; {}", path_, bad_.first()));
    if (bad_.count() > 0) skipped.push_back({path_, bad_.count(), bad_.first()});
    return examples;
  }

 private:
  absl::StatusOr<Example> ExampleOf(const Row& row, const Labels& labels, const Tokenizer& tokenizer) const {
    const bool pairs = !settings_.second_text_column().empty();
    ASSIGN_OR_RETURN(std::vector<int32_t> first, Tokenize(path_, row, row.text, tokenizer));
    std::vector<int32_t> second;
    if (pairs) {
      ASSIGN_OR_RETURN(second, Tokenize(path_, row, row.second_text, tokenizer));
    }
    Example example = TextExample(tokenizer, settings_.max_tokens(), pairs, std::move(first), std::move(second));
    ASSIGN_OR_RETURN(example.label, labels.ClassOf(path_, row));
    return example;
  }

  const TextClassification& settings_;
  const RowFormat format_;
  const std::string path_;
  BadRows bad_;
};

// What the training file fixes.
struct Training {
  std::vector<Row> rows;  // that are used
  Labels labels;
  std::unique_ptr<Tokenizer> tokenizer;
};

absl::StatusOr<Training> ReadTraining(const TextClassification& settings, const std::string& data_folder, FileReader& file) {
  Training training;
  ASSIGN_OR_RETURN(training.rows, file.Rows());
  ASSIGN_OR_RETURN(training.labels, Labels::Collect(file.path(), training.rows));
  if (settings.train_rows() > 0 && settings.train_rows() < training.rows.size()) training.rows.resize(settings.train_rows());
  ASSIGN_OR_RETURN(training.tokenizer, MakeTokenizer(settings, data_folder, training.rows));
  return training;
}

void Describe(const Training& training, const TextClassification& settings, LabelledExamples& examples) {
  examples.class_names = training.labels.names();
  examples.classes = static_cast<int>(examples.class_names.size());
  examples.vocabulary = training.tokenizer->vocabulary();
  examples.max_tokens = static_cast<int>(settings.max_tokens());
}

// The task with the set in the place of its validation file.
TextClassification SettingsOf(const TextClassification& task, const EvaluationSet& set) {
  TextClassification settings = task;
  settings.set_validation(set.file());
  if (!set.text_column().empty()) settings.set_text_column(set.text_column());
  if (!set.second_text_column().empty()) settings.set_second_text_column(set.second_text_column());
  if (!set.label_column().empty()) settings.set_label_column(set.label_column());
  if (set.has_quoting()) settings.set_quoting(set.quoting());
  return settings;
}

// What the labels of a second set mean.
struct Meaning {
  std::map<std::string, std::string> names;  // here -> in training
  std::vector<int32_t> counts_as;            // as LabelledExamples'

  void Rename(std::vector<Row>& rows) const {
    for (Row& row : rows) {
      if (const auto found = names.find(row.label); found != names.end()) row.label = found->second;
    }
  }
};

absl::StatusOr<int32_t> ClassNamed(const EvaluationSet& set, const RenamedLabel& label,
                                   const std::vector<std::string>& classes) {
  const auto found = std::find(classes.begin(), classes.end(), label.in_training());
  if (found != classes.end()) return static_cast<int32_t>(found - classes.begin());
  return absl::InvalidArgumentError(
      fmt::format("evaluation {}: label {} stands for several, of which {} is no label of the "
                  "training file; there: {}",
                  Quoted(set.name()), Quoted(label.here()), Quoted(label.in_training()), fmt::join(classes, ", ")));
}

absl::StatusOr<Meaning> MeaningOf(const EvaluationSet& set, const std::vector<std::string>& classes) {
  Meaning meaning;
  std::vector<int32_t> counts_as(classes.size());
  std::iota(counts_as.begin(), counts_as.end(), 0);
  std::map<std::string, const RenamedLabel*> first;
  for (const RenamedLabel& label : set.label()) {
    meaning.names.emplace(label.here(), label.in_training());
    const auto [place, is_new] = first.emplace(label.here(), &label);
    if (is_new) continue;
    ASSIGN_OR_RETURN(const int32_t one, ClassNamed(set, *place->second, classes));
    ASSIGN_OR_RETURN(const int32_t other, ClassNamed(set, label, classes));
    const int32_t low = std::min(counts_as[one], counts_as[other]), high = std::max(counts_as[one], counts_as[other]);
    std::replace(counts_as.begin(), counts_as.end(), high, low);
    meaning.counts_as = counts_as;
  }
  return meaning;
}

}  // namespace

Example TextExample(const Tokenizer& tokenizer, size_t max_tokens, bool pairs, std::vector<int32_t> first,
                    std::vector<int32_t> second) {
  const size_t special = 1 + pairs + tokenizer.closes();
  Shorten(max_tokens - special, first, second);
  Example example;
  std::vector<int32_t>& tokens = example.tokens;
  tokens.reserve(special + first.size() + second.size());
  tokens.push_back(tokenizer.classify());
  tokens.insert(tokens.end(), first.begin(), first.end());
  if (pairs) tokens.push_back(tokenizer.separate());
  const size_t second_start = tokens.size();
  tokens.insert(tokens.end(), second.begin(), second.end());
  if (tokenizer.closes()) tokens.push_back(tokenizer.separate());
  example.second_start = static_cast<int32_t>(pairs ? second_start : tokens.size());
  return example;
}

absl::StatusOr<std::unique_ptr<Tokenizer>> LoadTokenizer(const TextClassification& settings, const std::string& data_folder) {
  RETURN_IF_ERROR(CheckSettings(settings));
  if (settings.tokenizer().kind() == ablate::Tokenizer::WORD_PIECE) return MakeTokenizer(settings, data_folder, {});
  FileReader file(settings, JoinPath(data_folder, settings.train()));
  ASSIGN_OR_RETURN(Training training, ReadTraining(settings, data_folder, file));
  return std::move(training.tokenizer);
}

absl::StatusOr<LabelledExamples> LoadTextClassification(const TextClassification& settings, const std::string& data_folder) {
  RETURN_IF_ERROR(CheckSettings(settings));
  FileReader train_file(settings, JoinPath(data_folder, settings.train()));
  FileReader validation_file(settings, JoinPath(data_folder, settings.validation()));
  ASSIGN_OR_RETURN(const Training training, ReadTraining(settings, data_folder, train_file));
  ASSIGN_OR_RETURN(const std::vector<Row> validation, validation_file.Rows());
  LabelledExamples examples;
  Describe(training, settings, examples);
  ASSIGN_OR_RETURN(examples.train, train_file.Examples(training.rows, training.labels, *training.tokenizer, examples.skipped));
  ASSIGN_OR_RETURN(examples.validation, validation_file.Examples(validation, training.labels, *training.tokenizer,
                                                                 examples.skipped, &examples.lines));
  return examples;
}

absl::StatusOr<LabelledExamples> LoadTextEvaluationSet(const TextClassification& task, const EvaluationSet& set,
                                                       const std::string& data_folder) {
  const TextClassification settings = SettingsOf(task, set);
  RETURN_IF_ERROR(CheckSettings(settings));
  FileReader train_file(task, JoinPath(data_folder, task.train()));
  FileReader set_file(settings, JoinPath(data_folder, set.file()), set.json_key());
  ASSIGN_OR_RETURN(std::vector<Row> rows, set_file.Rows());
  ASSIGN_OR_RETURN(const Training training, ReadTraining(task, data_folder, train_file));
  LabelledExamples examples;
  Describe(training, settings, examples);
  ASSIGN_OR_RETURN(const Meaning meaning, MeaningOf(set, examples.class_names));
  meaning.Rename(rows);
  ASSIGN_OR_RETURN(examples.validation,
                   set_file.Examples(rows, training.labels, *training.tokenizer, examples.skipped, &examples.lines));
  examples.counts_as = meaning.counts_as;
  for (Example& example : examples.validation) {
    if (!examples.counts_as.empty()) example.label = examples.counts_as[example.label];
  }
  return examples;
}

absl::Status CheckTextClassification(const TextClassification& settings, const std::string& data_folder) {
  RETURN_IF_ERROR(CheckSettings(settings));
  for (const std::string& file : {settings.train(), settings.validation()}) {
    BadRows bad(SkipsBadRows(settings));
    RETURN_IF_ERROR(CheckFirstRows(JoinPath(data_folder, file), FormatOf(settings), bad));
  }
  if (settings.tokenizer().kind() != ablate::Tokenizer::WORD_PIECE) return absl::OkStatus();
  return WordPiece::Load(JoinPath(data_folder, settings.tokenizer().vocabulary())).status();
}

}  // namespace ablate::tasks
