// Lines of two files that belong together: what translation and generation read. Knows nothing of vocabularies, so that a check
// of files needs none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/tasks/examples.h"
#include "proto/trial.pb.h"

namespace ablate::tasks {

// The fields of a task that is translation or generation.
const ParallelText& ParallelTextOf(const Task& task);

struct LinePair {
  int64_t line = 0;  // counted from 1
  std::string source;
  std::string target;
};

// Paths of two files.
struct FilePair {
  std::string source, target;
};

class ParallelLines {
 public:
  // Both are kept.
  ParallelLines(const Task& task, const std::string& data_folder);

  FilePair Train() const { return Paths(settings_.train_source(), settings_.train_target()); }
  FilePair Validation() const { return Paths(settings_.validation_source(), settings_.validation_target()); }
  FilePair Test() const { return Paths(settings_.test_source(), settings_.test_target()); }
  bool HasTest() const { return !settings_.test_source().empty(); }

  // Fields that are missing, or that don't fit together.
  absl::Status CheckSettings() const;
  // Errors as Read's, as far as the first lines show them.
  absl::Status CheckFirstLines(const FilePair& files) const;

  // At most `rows` pairs; 0: all. White space around lines is dropped. InvalidArgument where the files have not as many lines,
  // and, as "path:line: ...", for a line that is empty, not UTF-8, or lacks target_ends_at; where the task says so such pairs
  // are left out and counted in `skipped`.
  absl::StatusOr<std::vector<LinePair>> Read(const FilePair& files, size_t rows, std::vector<SkippedRows>& skipped) const;

 private:
  FilePair Paths(const std::string& source, const std::string& target) const;
  absl::StatusOr<LinePair> Pair(const FilePair& files, int64_t line, std::string_view source, std::string_view target) const;
  std::string Clean(std::string_view line) const;

  const ParallelText& settings_;
  const std::string name_;  // "task.translation"
  const std::string& folder_;
};

// CheckSettings, and the first lines of all files.
absl::Status CheckParallelText(const Task& task, const std::string& data_folder);

}  // namespace ablate::tasks
