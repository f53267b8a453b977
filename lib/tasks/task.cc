#include "lib/tasks/task.h"

#include "fmt/format.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "lib/tasks/catalogue.h"
#include "lib/tasks/language_modeling.h"
#include "lib/tasks/list_ops.h"
#include "lib/tasks/multi_query_recall.h"
#include "lib/tasks/parallel_text.h"
#include "lib/tasks/symbol_sequences.h"
#include "lib/tasks/synthetic.h"
#include "lib/tasks/text_classification.h"
#include "proto/field_facts.pb.h"

namespace ablate::tasks {
namespace {

absl::Status NoTask() {
  std::vector<std::string> names;
  for (const Entry& entry : Catalogue()) names.push_back(entry.name);
  return absl::InvalidArgumentError(fmt::format("task: none is set; allowed: {}", fmt::join(names, ", ")));
}

void AddFiles(const google::protobuf::Message& message, std::vector<std::string>& paths) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;  // that are set, by number
  reflection.ListFields(message, &fields);
  for (const google::protobuf::FieldDescriptor* field : fields) {
    if (field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) {
      AddFiles(reflection.GetMessage(message, field), paths);
    } else if (field->options().GetExtension(facts).data_file()) {
      const std::string path = reflection.GetString(message, field);
      if (!path.empty()) paths.push_back(path);
    }
  }
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

absl::Status CheckTaskFiles(const Task& task, const std::string& data_folder) {
  switch (task.kind_case()) {
    case Task::kTextClassification:
      return CheckTextClassification(task.text_classification(), data_folder);
    case Task::kRecall:
      return CheckRecall(task.recall());
    case Task::kMajority:
      return CheckMajority(task.majority());
    case Task::kCopy:
    case Task::kReverse:
    case Task::kSort:
      return CheckSymbolSequences(task);
    case Task::kListOps:
      return CheckListOps(task.list_ops(), data_folder);
    case Task::kMultiQueryRecall:
      return CheckMultiQueryRecall(task.multi_query_recall());
    case Task::kTranslation:
    case Task::kGeneration:
      return CheckParallelText(task, data_folder);
    case Task::kLanguageModeling:
      return CheckLanguageModeling(task.language_modeling(), data_folder);
    case Task::KIND_NOT_SET:
      return NoTask();
  }
  return NoTask();
}

std::vector<std::string> TaskFiles(const Task& task) {
  std::vector<std::string> paths;
  AddFiles(task, paths);
  return paths;
}

}  // namespace ablate::tasks
