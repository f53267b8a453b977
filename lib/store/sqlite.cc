#include "lib/store/sqlite.h"

#include "absl/strings/str_replace.h"
#include "fmt/format.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"

namespace ablate::store {
namespace {

absl::StatusCode StatusCode(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return absl::StatusCode::kResourceExhausted;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      return absl::StatusCode::kUnavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::StatusCode::kDataLoss;
    case SQLITE_READONLY:
    case SQLITE_AUTH:
    case SQLITE_PERM:
      return absl::StatusCode::kPermissionDenied;
    case SQLITE_INTERRUPT:
      return absl::StatusCode::kDeadlineExceeded;
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG:
      return absl::StatusCode::kResourceExhausted;
    default:
      return absl::StatusCode::kInternal;
  }
}

absl::StatusOr<OwnedStatement> PrepareFirst(sqlite3* database, const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) return SqliteStatus(database, sql);
  return OwnedStatement(statement);
}

std::string QuotesDoubled(const std::string& text) { return absl::StrReplaceAll(text, {{"'", "''"}}); }

}  // namespace

absl::Status SqliteStatus(sqlite3* database, std::string_view what) {
  const int code = sqlite3_extended_errcode(database);
  const char* file = sqlite3_db_filename(database, "main");
  return absl::Status(StatusCode(code), fmt::format("{}: {} (SQLite {}) in: {}", file == nullptr ? "" : file,
                                                    sqlite3_errmsg(database), code, what));
}

absl::Status Execute(sqlite3* database, const std::string& sql) {
  if (sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return absl::OkStatus();
  return SqliteStatus(database, sql.substr(0, 200));
}

absl::StatusOr<std::optional<int64_t>> QueryInteger(sqlite3* database, const std::string& sql) {
  ASSIGN_OR_RETURN(OwnedStatement owned, PrepareFirst(database, sql));
  Statement statement(database, owned.get());
  ASSIGN_OR_RETURN(const bool row, statement.Step());
  if (!row || statement.IsNull(0)) return std::optional<int64_t>();
  return std::optional<int64_t>(statement.IntegerAt(0));
}

absl::StatusOr<std::optional<std::string>> QueryText(sqlite3* database, const std::string& sql) {
  ASSIGN_OR_RETURN(OwnedStatement owned, PrepareFirst(database, sql));
  Statement statement(database, owned.get());
  ASSIGN_OR_RETURN(const bool row, statement.Step());
  if (!row || statement.IsNull(0)) return std::optional<std::string>();
  return std::optional<std::string>(statement.TextAt(0));
}

absl::Status CheckInPlace(sqlite3* database) {
  int moved = 0;
  if (sqlite3_file_control(database, "main", SQLITE_FCNTL_HAS_MOVED, &moved) != SQLITE_OK || moved == 0)
    return absl::OkStatus();
  const std::string path = sqlite3_db_filename(database, "main"), rescued = path + ".rescued";
  const bool saved = !FileExists(rescued) && Execute(database, fmt::format("VACUUM INTO '{}'", QuotesDoubled(rescued))).ok();
  return absl::FailedPreconditionError(
      fmt::format("{}: was moved, deleted or replaced while it was written to; {}", path,
                  saved ? fmt::format("all that it had is saved as {}: move that to its place and start again", rescued)
                        : "move it back and start again"));
}

absl::StatusOr<Statement> Connection::Prepare(const std::string& sql) {
  OwnedStatement& kept = statements_[sql];
  if (kept == nullptr) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v3(get(), sql.c_str(), sql.size() + 1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
      return SqliteStatus(get(), sql);
    }
    kept.reset(statement);
  }
  return Statement(get(), kept.get());
}

}  // namespace ablate::store
