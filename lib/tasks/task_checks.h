// What can be told of a task without loading it: what `ablate` needs, which so loads no library that makes vocabularies.
// Torch-free.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "proto/trial.pb.h"

namespace ablate::tasks {

// What of a task made in memory can be told from its fields; OK for other tasks. InvalidArgument "task.sort.min_tokens: ...".
absl::Status CheckTaskSettings(const Task& task);

// CheckTaskSettings, and reads only headers: what `ablate validate` checks. As LoadTask's errors.
absl::Status CheckTaskFiles(const Task& task, const std::string& data_folder);

// The error of a task of which no kind is set.
absl::Status NoTask();

// Paths of all files that the task reads, relative to the data folder, in the order of their fields.
std::vector<std::string> TaskFiles(const Task& task);

}  // namespace ablate::tasks
