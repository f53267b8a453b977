#include "lib/store/reader.h"

#include <utility>

#include "fmt/format.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/store/query.h"
#include "lib/store/schema.h"
#include "lib/store/sqlite.h"

namespace ablate::store {
namespace {

constexpr int kBusyMilliseconds = 10'000;

absl::StatusOr<Database> OpenUri(const std::string& uri) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(uri.c_str(), &raw, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, nullptr);
  Database database(raw);
  if (code != SQLITE_OK) return SqliteStatus(raw, "opening it");
  sqlite3_extended_result_codes(raw, 1);
  sqlite3_busy_timeout(raw, kBusyMilliseconds);
  return database;
}

std::string UriOf(const std::string& path) {
  std::string uri = path[0] == '/' ? "file://" : "file:";
  for (const char letter : path) {
    if (letter == '%' || letter == '?' || letter == '#') {
      uri += fmt::format("%{:02X}", letter);
    } else {
      uri += letter;
    }
  }
  return uri;
}

absl::StatusOr<Database> OpenChecked(const std::string& path, const std::string& uri) {
  ASSIGN_OR_RETURN(Database database, OpenUri(uri));
  RETURN_IF_ERROR(CheckReadable(database.get(), path));
  return database;
}

// WAL needs files beside the database. Where they can't be made nobody is writing, unless they are there already.
absl::StatusOr<Database> OpenAnyhow(const std::string& path) {
  absl::StatusOr<Database> database = OpenChecked(path, UriOf(path));
  if (database.ok() || absl::IsDataLoss(database.status()) || absl::IsFailedPrecondition(database.status())) return database;
  const absl::StatusOr<uint64_t> log_bytes = FileSize(path + "-wal");
  if (log_bytes.ok() && *log_bytes > 0) return database;
  return OpenChecked(path, UriOf(path) + "?immutable=1");
}

Value ValueAt(sqlite3_stmt* statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      return static_cast<int64_t>(sqlite3_column_int64(statement, column));
    case SQLITE_FLOAT:
      return sqlite3_column_double(statement, column);
    case SQLITE_NULL:
      return std::monostate();
    default:
      break;
  }
  const char* bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
  const std::string text(bytes == nullptr ? "" : bytes, bytes == nullptr ? 0 : sqlite3_column_bytes(statement, column));
  if (sqlite3_column_type(statement, column) == SQLITE_TEXT) return text;
  std::string hexadecimal = "X'";
  for (const unsigned char byte : text) hexadecimal += fmt::format("{:02x}", byte);
  return hexadecimal + "'";
}

std::vector<std::string> ColumnsOf(sqlite3_stmt* statement) {
  std::vector<std::string> columns;
  for (int i = 0; i < sqlite3_column_count(statement); ++i) columns.emplace_back(sqlite3_column_name(statement, i));
  return columns;
}

}  // namespace

struct Reader::State {
  State(Database opened, double time_limit_s) : database(std::move(opened)), guard(database.get(), time_limit_s) {}
  Database database;
  ReadOnlyGuard guard;
};

Reader::Reader(std::unique_ptr<State> state) : state_(std::move(state)) {}

Reader::~Reader() = default;

absl::StatusOr<std::unique_ptr<Reader>> Reader::Open(const std::string& path) { return Open(path, Options()); }

absl::StatusOr<std::unique_ptr<Reader>> Reader::Open(const std::string& path, const Options& options) {
  if (!FileExists(path)) return absl::NotFoundError(fmt::format("{}: there is no such database", path));
  ASSIGN_OR_RETURN(Database database, OpenAnyhow(path));
  return std::unique_ptr<Reader>(new Reader(std::make_unique<State>(std::move(database), options.time_limit_s)));
}

absl::StatusOr<Table> Reader::Query(const std::string& sql, const Parameters& parameters) const {
  Table table;
  RETURN_IF_ERROR(ForEachRow(
      sql, parameters, [&](const std::vector<std::string>& columns) { table.columns = columns; },
      [&](const std::vector<Value>& row) {
        table.rows.push_back(row);
        return true;
      }));
  return table;
}

absl::Status Reader::ForEachRow(
    const std::string& sql, const Parameters& parameters,
    const std::function<bool(const std::vector<std::string>& columns, const std::vector<Value>&)>& row) const {
  std::vector<std::string> columns;
  return ForEachRow(
      sql, parameters, [&](const std::vector<std::string>& names) { columns = names; },
      [&](const std::vector<Value>& values) { return row(columns, values); });
}

absl::Status Reader::ForEachRow(const std::string& sql, const Parameters& parameters,
                                const std::function<void(const std::vector<std::string>& columns)>& begin,
                                const std::function<bool(const std::vector<Value>&)>& row) const {
  ASSIGN_OR_RETURN(const OwnedStatement statement, state_->guard.Prepare(sql, parameters));
  int code = sqlite3_step(statement.get());
  if (code == SQLITE_ROW || code == SQLITE_DONE) begin(ColumnsOf(statement.get()));
  std::vector<Value> values(sqlite3_column_count(statement.get()));
  while (code == SQLITE_ROW) {
    for (size_t i = 0; i < values.size(); ++i) values[i] = ValueAt(statement.get(), i);
    if (!row(values)) return absl::OkStatus();
    code = sqlite3_step(statement.get());
  }
  return code == SQLITE_DONE ? absl::OkStatus() : state_->guard.ErrorOf(sql);
}

}  // namespace ablate::store
