#include "lib/tasks/task.h"

#include "lib/tasks/language_modeling.h"
#include "lib/tasks/list_ops.h"
#include "lib/tasks/multi_query_recall.h"
#include "lib/tasks/parallel_text.h"
#include "lib/tasks/symbol_sequences.h"
#include "lib/tasks/synthetic.h"
#include "lib/tasks/text_classification.h"

namespace ablate::tasks {

absl::StatusOr<LabelledExamples> LoadTask(const Task& task, const std::string& data_folder) {
  switch (task.kind_case()) {
    case Task::kTextClassification:
      return LoadTextClassification(task.text_classification(), data_folder);
    case Task::kRecall:
      return MakeRecall(task.recall());
    case Task::kMajority:
      return MakeMajority(task.majority());
    case Task::kCopy:
    case Task::kReverse:
    case Task::kSort:
      return MakeSymbolSequences(task);
    case Task::kListOps:
      return MakeListOps(task.list_ops(), data_folder);
    case Task::kMultiQueryRecall:
      return MakeMultiQueryRecall(task.multi_query_recall());
    case Task::kTranslation:
    case Task::kGeneration:
      return LoadParallelText(task, data_folder);
    case Task::kLanguageModeling:
      return LoadLanguageModeling(task.language_modeling(), data_folder);
    case Task::KIND_NOT_SET:
      return NoTask();
  }
  return NoTask();
}

absl::StatusOr<LabelledExamples> LoadEvaluationSet(const Task& task, const EvaluationSet& set, const std::string& data_folder) {
  if (task.has_text_classification()) return LoadTextEvaluationSet(task.text_classification(), set, data_folder);
  return absl::InvalidArgumentError("evaluation sets are for trials of task.text_classification");
}

}  // namespace ablate::tasks
