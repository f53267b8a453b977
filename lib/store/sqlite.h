// The one edge where SQLite's codes become Status. Private to lib/store.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace ablate::store {

// The last error of `database`, with `what` in front. Full disk: ResourceExhausted; locked: Unavailable; damaged or not a
// database: DataLoss; read-only: PermissionDenied; interrupted: DeadlineExceeded; bad SQL and misuse: Internal.
absl::Status SqliteStatus(sqlite3* database, std::string_view what);

// Several statements without parameters.
absl::Status Execute(sqlite3* database, const std::string& sql);

// The first column of the first row of `sql`; nullopt without rows or for NULL.
absl::StatusOr<std::optional<int64_t>> QueryInteger(sqlite3* database, const std::string& sql);
absl::StatusOr<std::optional<std::string>> QueryText(sqlite3* database, const std::string& sql);

// FailedPrecondition where the path of `database` no longer names the file that is open: it was moved, deleted or replaced, and
// what is written from now on would be lost. All that it has is then saved as "PATH.rescued", where there is no such file yet.
absl::Status CheckInPlace(sqlite3* database);

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;

struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using OwnedStatement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

// A prepared statement in use: bind all parameters in order, then step. Text is not copied: it must live until the statement is
// reset, which the destructor does.
class Statement {
 public:
  Statement(sqlite3* database, sqlite3_stmt* statement) : database_(database), statement_(statement) {}
  ~Statement() {
    if (statement_ != nullptr) sqlite3_reset(statement_);
  }
  Statement(Statement&& other) noexcept : database_(other.database_), statement_(other.statement_), next_(other.next_) {
    other.statement_ = nullptr;
  }
  Statement& operator=(Statement&&) = delete;

  Statement& Integer(int64_t value) {
    sqlite3_bind_int64(statement_, ++next_, value);
    return *this;
  }
  Statement& Real(double value) {  // NaN becomes NULL
    sqlite3_bind_double(statement_, ++next_, value);
    return *this;
  }
  Statement& Text(std::string_view value) {
    sqlite3_bind_text(statement_, ++next_, value.data() == nullptr ? "" : value.data(), value.size(), SQLITE_STATIC);
    return *this;
  }
  Statement& Null() {
    sqlite3_bind_null(statement_, ++next_);
    return *this;
  }

  // Whether there is a (next) row.
  absl::StatusOr<bool> Step() {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return SqliteStatus(database_, sqlite3_sql(statement_));
  }

  // For statements without rows; ready to be bound again after it.
  absl::Status Run() {
    const int code = sqlite3_step(statement_);
    absl::Status status = code == SQLITE_DONE ? absl::OkStatus() : SqliteStatus(database_, sqlite3_sql(statement_));
    sqlite3_reset(statement_);
    next_ = 0;
    return status;
  }

  bool IsNull(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  int64_t IntegerAt(int column) const { return sqlite3_column_int64(statement_, column); }
  double RealAt(int column) const { return sqlite3_column_double(statement_, column); }
  std::string TextAt(int column) const {
    const unsigned char* text = sqlite3_column_text(statement_, column);
    return text == nullptr ? "" : std::string(reinterpret_cast<const char*>(text), sqlite3_column_bytes(statement_, column));
  }

 private:
  sqlite3* database_;
  sqlite3_stmt* statement_;
  int next_ = 0;
};

// A connection with the statements prepared on it, by their text.
class Connection {
 public:
  explicit Connection(Database database) : database_(std::move(database)) {}

  sqlite3* get() const { return database_.get(); }
  // Not while an earlier Statement of the same text is in use.
  absl::StatusOr<Statement> Prepare(const std::string& sql);

  // Runs `body` in one transaction; rolled back if it fails. Fails as CheckInPlace does.
  template <typename Body>
  absl::Status InTransaction(Body body) {
    absl::Status status = CheckInPlace(get());
    if (status.ok()) status = Execute(get(), "BEGIN IMMEDIATE");
    if (!status.ok()) return status;
    status = body();
    if (status.ok()) status = Execute(get(), "COMMIT");
    // SQLite may have rolled back by itself, after a full disk for example.
    if (!status.ok() && !sqlite3_get_autocommit(get())) sqlite3_exec(get(), "ROLLBACK", nullptr, nullptr, nullptr);
    return status;
  }

 private:
  Database database_;
  std::unordered_map<std::string, OwnedStatement> statements_;  // finalized before the database is closed
};

}  // namespace ablate::store
