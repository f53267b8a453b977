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
    case Task::KIND_NOT_SET:
      return "";
  }
  return "";
}

int MaxTokens(const Task& task) {
  switch (task.kind_case()) {
    case Task::kTextClassification:
      return static_cast<int>(task.text_classification().max_tokens());
    case Task::kRecall:
      return 1 + static_cast<int>(task.recall().max_pairs());
    case Task::kMajority:
      return 1 + static_cast<int>(task.majority().max_tokens());
    case Task::KIND_NOT_SET:
      return 0;
  }
  return 0;
}

}  // namespace ablate::tasks
