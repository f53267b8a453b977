// Read-only access to a results database, while a sweep may be writing to it: neither waits for the other. One thread at a
// time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/store/documented.h"

namespace ablate::store {

using Value = std::variant<std::monostate, int64_t, double, std::string>;  // NULL, INTEGER, REAL, TEXT (a BLOB as X'...')

struct Table {
  std::vector<std::string> columns;
  std::vector<std::vector<Value>> rows;
};

// Values for :name, without the colon. A number ("3", "0.5", "2e-05") is bound as one; anything else, and what would not read
// back the same ("007"), as text.
using Parameters = std::vector<std::pair<std::string, std::string>>;

class Reader {
 public:
  struct Options {
    double time_limit_s = 0;  // a query that takes longer is stopped with DeadlineExceeded; 0: no limit
  };

  // NotFound if there is no such file; FailedPrecondition on a newer schema; DataLoss on a file that is no database of ours. In
  // a folder that can't be written it reads a database that no process has open.
  static absl::StatusOr<std::unique_ptr<Reader>> Open(const std::string& path);
  static absl::StatusOr<std::unique_ptr<Reader>> Open(const std::string& path, const Options& options);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // One statement that only reads; `parameters` bind :name. PermissionDenied for one that would write (an authorizer refuses
  // it, ATTACH, extensions and temporary tables too); InvalidArgument with SQLite's message, and for a misspelt table or column
  // the nearest name.
  absl::StatusOr<Table> Query(const std::string& sql, const Parameters& parameters = {}) const;

  // As Query, row by row, without holding them; the callback returns false to stop.
  absl::Status ForEachRow(
      const std::string& sql, const Parameters& parameters,
      const std::function<bool(const std::vector<std::string>& columns, const std::vector<Value>&)>& row) const;

  // As above; `begin` gets the columns once, also where no row follows.
  absl::Status ForEachRow(const std::string& sql, const Parameters& parameters,
                          const std::function<void(const std::vector<std::string>& columns)>& begin,
                          const std::function<bool(const std::vector<Value>&)>& row) const;

 private:
  struct State;
  explicit Reader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace ablate::store
