// The examples of a launch's task, kept between the launches of a warm worker.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "lib/tasks/task.h"
#include "proto/trial.pb.h"

namespace ablate::training {

// tasks::LoadTask, or the examples of the last call if its task was equal and its files have not changed since. Its errors;
// also InvalidArgument where training or validation has no example. Not for several threads.
absl::StatusOr<std::shared_ptr<const tasks::LabelledExamples>> LoadTrainingData(const Task& task,
                                                                                const std::string& data_folder);

}  // namespace ablate::training
