#include "lib/tasks/catalogue.h"

namespace ablate::tasks {

const std::vector<Entry>& Catalogue() {
  static const std::vector<Entry>& entries = *new std::vector<Entry>{
      {"majority",
       "Tell which symbol occurs most often in a sequence made in memory.",
       {"validation/accuracy", "validation/loss"}},
      {"recall",
       "Find the value that belongs to a key among key-value pairs made in memory.",
       {"validation/accuracy", "validation/loss"}},
      {"text_classification",
       "Label a sentence, or a pair of sentences, read from TSV or JSON-lines files.",
       {"validation/accuracy", "validation/loss"}},
  };
  return entries;
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
