#include "lib/training/training_data.h"

#include <sys/stat.h>

#include <utility>

#include "fmt/format.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"

namespace ablate::training {
namespace {

// What tells whether a file is still the one that was read.
std::string FileMark(const std::string& data_folder, const std::string& path) {
  struct stat facts;
  if (path.empty() || stat(JoinPath(data_folder, path).c_str(), &facts) != 0) return "-";
  return fmt::format("{}:{}:{}:{}.{}", facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec);
}

std::string KeyOf(const Task& task, const std::string& data_folder) {
  std::string key = task.SerializeAsString() + "\n" + data_folder;
  for (const std::string& file : tasks::TaskFiles(task)) key += "\n" + FileMark(data_folder, file);
  return key;
}

struct Kept {
  std::string key;
  std::shared_ptr<const tasks::LabelledExamples> examples;
};

}  // namespace

absl::StatusOr<std::shared_ptr<const tasks::LabelledExamples>> LoadTrainingData(const Task& task,
                                                                                const std::string& data_folder) {
  static Kept* const kept = new Kept;
  const std::string key = KeyOf(task, data_folder);
  if (kept->examples != nullptr && kept->key == key) return kept->examples;
  *kept = {};  // never two tasks in memory
  ASSIGN_OR_RETURN(tasks::LabelledExamples examples, tasks::LoadTask(task, data_folder));
  if (examples.train.empty() || examples.validation.empty()) {
    return absl::InvalidArgumentError(fmt::format("{} training and {} validation examples: at least one of each is needed",
                                                  examples.train.size(), examples.validation.size()));
  }
  *kept = {key, std::make_shared<const tasks::LabelledExamples>(std::move(examples))};
  return kept->examples;
}

}  // namespace ablate::training
