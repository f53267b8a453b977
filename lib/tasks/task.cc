#include "lib/tasks/task.h"

#include "lib/tasks/synthetic.h"
#include "lib/tasks/text_classification.h"

namespace ablate::tasks {
namespace {

absl::Status NoTask() {
  return absl::InvalidArgumentError("task: none is set; allowed: majority, recall, text_classification");
}

}  // namespace

absl::StatusOr<LabelledExamples> LoadTask(const Task& task, const std::string& data_folder) {
  switch (task.kind_case()) {
    case Task::kTextClassification:
      return LoadTextClassification(task.text_classification(), data_folder);
    case Task::kRecall:
      return MakeRecall(task.recall());
    case Task::kMajority:
      return MakeMajority(task.majority());
    case Task::KIND_NOT_SET:
      return NoTask();
  }
  return NoTask();
}

absl::StatusOr<LabelledExamples> LoadEvaluationSet(const Task& task, const EvaluationSet& set, const std::string& data_folder) {
  if (task.has_text_classification()) return LoadTextEvaluationSet(task.text_classification(), set, data_folder);
  return absl::InvalidArgumentError("evaluation sets are for trials of task.text_classification");
}

absl::Status CheckTaskFiles(const Task& task, const std::string& data_folder) {
  switch (task.kind_case()) {
    case Task::kTextClassification:
      return CheckTextClassification(task.text_classification(), data_folder);
    case Task::kRecall:
      return CheckRecall(task.recall());
    case Task::kMajority:
      return CheckMajority(task.majority());
    case Task::KIND_NOT_SET:
      return NoTask();
  }
  return NoTask();
}

}  // namespace ablate::tasks
