#include "lib/tasks/catalogue.h"

#include <algorithm>
#include <map>

namespace ablate::tasks {

namespace {

using Names = std::vector<std::string>;

const Names& ClassMetrics() {
  static const Names& names = *new Names{"accuracy", "loss"};
  return names;
}

const Names& SequenceMetrics() {
  static const Names& names = *new Names{"exact_match", "loss", "perplexity", "token_accuracy"};
  return names;
}

Names Joined(Names names, const Names& more) {
  names.insert(names.end(), more.begin(), more.end());
  return names;
}

// The metrics of each set, sorted: "validation/loss".
Names OfSets(const Names& sets, const Names& metrics) {
  Names names;
  for (const std::string& set : sets) {
    for (const std::string& metric : metrics) names.push_back(set + "/" + metric);
  }
  std::sort(names.begin(), names.end());
  return names;
}

// Validation, and the sets that longest_multiple may ask for.
Names LongerSets() {
  Names sets = {"validation"};
  for (int multiple = 2; multiple <= 64; multiple *= 2) sets.push_back("length_" + std::to_string(multiple) + "x");
  return sets;
}

std::vector<Entry> MakeCatalogue() {
  const Names of_text = OfSets({"test", "validation"}, Joined({"bleu"}, SequenceMetrics()));
  const Names of_generation =
      OfSets({"test", "validation"}, Joined({"bleu", "distinct_1", "distinct_2", "rouge_l"}, SequenceMetrics()));
  const Names of_symbols = OfSets(LongerSets(), SequenceMetrics());
  return {
      {"copy", "Write a sequence of symbols made in memory once more.", of_symbols},
      {"generation", "Write text from what it is to say, with several references for a source.", of_generation},
      {"language_modeling", "Foretell each token of a text from those before it.",
       OfSets({"test", "validation"}, {"loss", "perplexity", "token_accuracy", "word_perplexity"})},
      {"list_ops", "Evaluate a nested expression over digits made in memory.",
       OfSets(Joined(LongerSets(), {"published"}), ClassMetrics())},
      {"majority", "Tell which symbol occurs most often in a sequence made in memory.", OfSets({"validation"}, ClassMetrics())},
      {"multi_query_recall", "Find the values of several keys among key-value pairs made in memory.", of_symbols},
      {"recall", "Find the value that belongs to a key among key-value pairs made in memory.",
       OfSets({"validation"}, ClassMetrics())},
      {"reverse", "Write a sequence of symbols made in memory from its end to its start.", of_symbols},
      {"sort", "Write the symbols of a sequence made in memory in their order.", of_symbols},
      {"text_classification", "Label a sentence, or a pair of sentences, read from TSV or JSON-lines files.",
       OfSets({"validation"}, ClassMetrics())},
      {"translation", "Translate lines of text; lines of two files belong together.", of_text},
  };
}

}  // namespace

const std::vector<Entry>& Catalogue() {
  static const std::vector<Entry>& entries = *new std::vector<Entry>(MakeCatalogue());
  return entries;
}

std::string MetricSummary(const std::string& metric) {
  static const auto& meanings = *new std::map<std::string, std::string>{
      {"accuracy", "Share of examples with the right label"},
      {"bleu", "BLEU in [0, 100], as sacrebleu's"},
      {"distinct_1", "Different words over all words that were written, in [0, 1]"},
      {"distinct_2", "Different pairs of words over all pairs that were written, in [0, 1]"},
      {"exact_match", "Share of examples whose whole target is right"},
      {"loss", "Mean cross-entropy in nats, per example or per token of sequences"},
      {"perplexity", "exp(loss): per token"},
      {"rouge_l", "ROUGE-L in [0, 1], as rouge_score's without stemming"},
      {"token_accuracy", "Share of tokens foretold right from the right ones before"},
      {"word_perplexity", "Perplexity per word, ends of lines included"},
  };
  const size_t slash = metric.find('/');
  const auto meaning = meanings.find(metric.substr(slash == std::string::npos ? 0 : slash + 1));
  if (slash == std::string::npos || meaning == meanings.end()) return "";
  const std::string set = metric.substr(0, slash);
  if (set == "validation") return meaning->second + ", on the validation set";
  if (set == "test") return meaning->second + ", on the test files";
  if (set == "published") return meaning->second + ", on the published expressions";
  return meaning->second + ", on sequences " + set.substr(set.find('_') + 1) + " as long as the longest of training";
}

std::string TaskName(const Task& task) {
  switch (task.kind_case()) {
    case Task::kTextClassification:
      return "text_classification";
    case Task::kRecall:
      return "recall";
    case Task::kMajority:
      return "majority";
    case Task::kCopy:
      return "copy";
    case Task::kReverse:
      return "reverse";
    case Task::kSort:
      return "sort";
    case Task::kListOps:
      return "list_ops";
    case Task::kMultiQueryRecall:
      return "multi_query_recall";
    case Task::kTranslation:
      return "translation";
    case Task::kGeneration:
      return "generation";
    case Task::kLanguageModeling:
      return "language_modeling";
    case Task::KIND_NOT_SET:
      return "";
  }
  return "";
}

namespace {

// Where a longer set's sequences are `multiple` times as long: of `most` symbols.
int Longest(uint32_t most, uint32_t multiple) {
  uint32_t reached = 1;
  while (2 * reached <= multiple) reached *= 2;
  return static_cast<int>(most * reached);
}

int LongestSequence(const SymbolSequences& settings) { return Longest(settings.max_tokens(), settings.longest_multiple()); }

}  // namespace

Objective ObjectiveOf(const Task& task) {
  switch (task.kind_case()) {
    case Task::kTextClassification:
    case Task::kRecall:
    case Task::kMajority:
    case Task::kListOps:
    case Task::KIND_NOT_SET:
      return Objective::kClassification;
    case Task::kCopy:
    case Task::kReverse:
    case Task::kSort:
    case Task::kMultiQueryRecall:
    case Task::kTranslation:
    case Task::kGeneration:
      return Objective::kSequenceToSequence;
    case Task::kLanguageModeling:
      return Objective::kLanguageModel;
  }
  return Objective::kClassification;
}

int MaxTokens(const Task& task) {
  switch (task.kind_case()) {
    case Task::kTextClassification:
      return static_cast<int>(task.text_classification().max_tokens());
    case Task::kRecall:
      return 1 + static_cast<int>(task.recall().max_pairs());
    case Task::kMajority:
      return 1 + static_cast<int>(task.majority().max_tokens());
    case Task::kCopy:
      return LongestSequence(task.copy()) + 1;
    case Task::kReverse:
      return LongestSequence(task.reverse()) + 1;
    case Task::kSort:
      return LongestSequence(task.sort()) + 1;
    case Task::kListOps:
      return Longest(task.list_ops().max_tokens(), task.list_ops().longest_multiple()) + 1;
    case Task::kMultiQueryRecall: {
      const MultiQueryRecall& recall = task.multi_query_recall();
      return 2 * Longest(recall.max_pairs(), recall.longest_multiple()) + static_cast<int>(recall.queries()) + 2;
    }
    case Task::kTranslation:
      return static_cast<int>(task.translation().max_tokens());
    case Task::kGeneration:
      return static_cast<int>(task.generation().max_tokens());
    case Task::kLanguageModeling:
      return static_cast<int>(task.language_modeling().max_tokens());
    case Task::KIND_NOT_SET:
      return 0;
  }
  return 0;
}

int MaxTargetTokens(const Task& task) {
  switch (task.kind_case()) {
    case Task::kCopy:
      return LongestSequence(task.copy()) + 2;
    case Task::kReverse:
      return LongestSequence(task.reverse()) + 2;
    case Task::kSort:
      return LongestSequence(task.sort()) + 2;
    case Task::kMultiQueryRecall:
      return static_cast<int>(task.multi_query_recall().queries()) + 2;
    case Task::kTranslation:
    case Task::kGeneration:
      return MaxTokens(task);
    default:
      return 0;
  }
}

}  // namespace ablate::tasks
