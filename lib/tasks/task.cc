#include "lib/tasks/task.h"

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "lib/tasks/synthetic.h"
#include "lib/tasks/text_classification.h"
#include "proto/field_facts.pb.h"

namespace ablate::tasks {
namespace {

absl::Status NoTask() {
  return absl::InvalidArgumentError("task: none is set; allowed: majority, recall, text_classification");
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
    default:
      return NoTask();
  }
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
    default:
      return NoTask();
  }
}

std::vector<std::string> TaskFiles(const Task& task) {
  std::vector<std::string> paths;
  AddFiles(task, paths);
  return paths;
}

}  // namespace ablate::tasks
