// Digests of the data files that trials read, each file read once per load.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace ablate::spec {

class DataFiles {
 public:
  // Without `check` no file is opened, and digests say the path alone: ids are then not those of a run.
  DataFiles(std::string folder, bool check) : folder_(std::move(folder)), check_(check) {}

  // "sha256:...", or why the file can't be read. `path` is relative to the data folder.
  const absl::StatusOr<std::string>& Digest(const std::string& path);

  const std::string& folder() const { return folder_; }
  bool check() const { return check_; }

  // Of the files that could be read, by path.
  const std::map<std::string, std::string>& digests() const { return digests_; }

 private:
  absl::StatusOr<std::string> Compute(const std::string& path) const;

  std::string folder_;
  bool check_;
  std::map<std::string, absl::StatusOr<std::string>> known_;
  std::map<std::string, std::string> digests_;
};

}  // namespace ablate::spec
