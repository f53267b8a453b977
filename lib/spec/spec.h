// From an experiment file to trials: load, validate, expand.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/spec/plan.h"
#include "proto/trial.pb.h"

namespace ablate::spec {

struct Options {
  std::string data_folder;            // that data files are relative to
  std::vector<std::string> settings;  // --set field=value: laid over the base of every trial, before cases and axes
  bool check_files = true;            // whether data files must be there. Without them ids are not those of a run
};

// All errors of the file at once, one a line, each "path:line:column: message" (columns count a tab to the next multiple of 8);
// of syntax errors the first. InvalidArgument for a bad file, NotFound if there is none.
absl::StatusOr<Plan> LoadPlan(const std::string& path, const Options& options);

// As LoadPlan for text that is not in a file; `path` is used in messages.
absl::StatusOr<Plan> ParsePlan(const std::string& text, const std::string& path, const Options& options);

// The settings of a trial of the plan, sorted by field; seed included. Made on demand: kept for all trials they would be most
// of the plan's memory.
std::vector<Setting> SettingsOf(const Plan& plan, const Trial& trial);

// Two trials may share an array when they differ in arrayable fields only: then their keys are equal.
std::string ArrayKey(const Trial& trial);

}  // namespace ablate::spec
