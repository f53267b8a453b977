// What tasks there are, their metrics and largest lengths. Torch-free.
#pragma once

#include <string>
#include <vector>

#include "lib/tasks/objective.h"
#include "proto/trial.pb.h"

namespace ablate::tasks {

struct Entry {
  std::string name;                  // the oneof's field name: "text_classification"
  std::string summary;               // one line
  std::vector<std::string> metrics;  // logged at evaluations: "validation/accuracy", ...
};

// Alphabetical.
const std::vector<Entry>& Catalogue();

// What a metric of the catalogue is, with its range and set, one line; "" of any other.
std::string MetricSummary(const std::string& metric);

// The catalogue's entry name of a task; "" if none is set.
std::string TaskName(const Task& task);

// What the task's trials foretell; kClassification if no task is set.
Objective ObjectiveOf(const Task& task);

// Most tokens of an example in any set, [CLS] or begin and end included, known without reading data. 0 if no task is set.
int MaxTokens(const Task& task);

// Likewise of a target, begin and end included; 0 where there are no targets.
int MaxTargetTokens(const Task& task);

}  // namespace ablate::tasks
