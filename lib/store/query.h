// A statement that can only read: the authorizer, the parameters, and errors that help. Private to lib/store.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/store/sqlite.h"

namespace ablate::store {

// Watches a connection from its construction on: it can't write, attach, load extensions or make temporary tables any more, and
// a statement that takes longer than the limit is interrupted.
class ReadOnlyGuard {
 public:
  ReadOnlyGuard(sqlite3* database, double time_limit_s);
  ReadOnlyGuard(const ReadOnlyGuard&) = delete;

  // One statement, its parameters bound. The clock of the limit starts here.
  absl::StatusOr<OwnedStatement> Prepare(const std::string& sql,
                                         const std::vector<std::pair<std::string, std::string>>& parameters);

  // The status of a statement that failed.
  absl::Status ErrorOf(const std::string& sql) const;

 private:
  static int Authorize(void* guard, int action, const char* first, const char* second, const char* database,
                       const char* trigger);
  static int Progress(void* guard);

  sqlite3* database_;
  double time_limit_s_;
  std::chrono::steady_clock::time_point start_;
  std::string refused_;  // what the authorizer refused in the statement
};

}  // namespace ablate::store
