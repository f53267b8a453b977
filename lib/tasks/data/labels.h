// Labels as written in files, and their class numbers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "lib/tasks/data/row.h"

namespace ablate::tasks {

class Labels {
 public:
  // The classes of the rows of the training file `path`: integers 0..C-1, all of them present, keep their numbers; other labels
  // are names, numbered in the order of their bytes. InvalidArgument on fewer than 2 or more than 10000 classes.
  static absl::StatusOr<Labels> Collect(const std::string& path, const std::vector<Row>& rows);

  // InvalidArgument "path:line: ..." on a label that the training file lacks.
  absl::StatusOr<int32_t> ClassOf(const std::string& path, const Row& row) const;

  const std::vector<std::string>& names() const { return names_; }

 private:
  std::vector<std::string> names_;  // of class 0, 1, ...
  absl::flat_hash_map<std::string, int32_t> classes_;
};

}  // namespace ablate::tasks
