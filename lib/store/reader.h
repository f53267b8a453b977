// Read-only access to a results database, while a sweep may be writing to it.
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

struct sqlite3;

namespace ablate::store {

using Value = std::variant<std::monostate, int64_t, double, std::string>;  // NULL, INTEGER, REAL, TEXT

struct Table {
  std::vector<std::string> columns;
  std::vector<std::vector<Value>> rows;
};

class Reader {
 public:
  // NotFound if there is no such file; FailedPrecondition on a newer schema; DataLoss on a file that is no database of ours.
  static absl::StatusOr<std::unique_ptr<Reader>> Open(const std::string& path);
  ~Reader();

  // One statement that only reads; `parameters` bind :name. PermissionDenied for one that would write (an authorizer refuses
  // it, ATTACH and extensions too); InvalidArgument with SQLite's message, and for a misspelt table or column the nearest name.
  absl::StatusOr<Table> Query(const std::string& sql,
                              const std::vector<std::pair<std::string, std::string>>& parameters = {}) const;

  // As Query, row by row, without holding them; the callback returns false to stop.
  absl::Status ForEachRow(const std::string& sql, const std::vector<std::pair<std::string, std::string>>& parameters,
                          const std::function<bool(const std::vector<std::string>& columns, const std::vector<Value>&)>& row) const;

 private:
  explicit Reader(sqlite3* database) : database_(database) {}
  sqlite3* database_;
};

// Views and named queries with their documentation, for `ablate list views` and `ablate list queries`.
struct Documented {
  std::string name, summary;
  std::vector<std::pair<std::string, std::string>> columns;  // (name, meaning)
  std::string sql;                                           // of a named query
};
const std::vector<Documented>& Views();
const std::vector<Documented>& NamedQueries();

}  // namespace ablate::store
