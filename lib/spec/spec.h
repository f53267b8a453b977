// From an experiment file to trials: load, validate, expand.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/experiment.pb.h"
#include "proto/trial.pb.h"

namespace ablate::spec {

struct Options {
  std::string data_folder;            // that data files are relative to
  std::vector<std::string> settings;  // --set field=value: laid over the base of every trial, before the axes
  bool check_files = true;            // whether data files must be there; plan and run: true
};

// A field that counts: read in this trial and different from its default.
struct Setting {
  std::string field;  // "attention.sparsity.level"
  std::string value;  // canonical text; a data file's is "sha256:..."
};

struct PlannedTrial {
  std::string id;                 // 32 hexadecimal digits
  std::string arm;                // name of its arm: all trials that differ only in seed share it
  Trial trial;                    // fully resolved
  std::vector<Setting> settings;  // sorted by field; seed included
};

struct Plan {
  Experiment experiment;
  std::string text;                   // the file as read
  std::string digest;                 // Sha256 of text and --set
  std::vector<PlannedTrial> trials;   // in order of arms, then seeds; no id twice
  std::vector<std::string> arms;      // in the order of the file
  std::vector<std::string> remarks;   // what was folded together: an axis that nothing reads, equal arms
};

// All errors of the file at once, one a line, each "path:line:column: message"; of syntax errors the first. InvalidArgument for a
// bad file, NotFound if there is none.
absl::StatusOr<Plan> LoadPlan(const std::string& path, const Options& options);

// As LoadPlan for text that is not in a file; `path` is used in messages.
absl::StatusOr<Plan> ParsePlan(const std::string& text, const std::string& path, const Options& options);

// Whether two trials may share an array: they differ in arrayable fields only.
// The key is equal for those that may.
std::string ArrayKey(const Trial& trial);

}  // namespace ablate::spec
