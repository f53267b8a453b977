#include "lib/store/query.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "absl/strings/str_join.h"
#include "fmt/format.h"
#include "lib/base/status_macros.h"
#include "lib/base/text.h"

namespace ablate::store {
namespace {

constexpr int kStepsBetweenLooksAtTheClock = 10'000;
constexpr int kMaxValueBytes = 256 << 20;

using Parameters = std::vector<std::pair<std::string, std::string>>;

bool IsOneOf(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Pragmas whose argument, if any, says what to look at; and those that only tell, while they have no argument.
bool IsReadingPragma(const char* name, const char* argument) {
  if (IsOneOf(name,
              {"table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo", "foreign_key_list",
               "database_list", "function_list", "collation_list", "compile_options", "integrity_check", "quick_check"})) {
    return true;
  }
  return argument == nullptr && IsOneOf(name, {"application_id", "user_version", "schema_version", "page_count", "page_size",
                                               "freelist_count", "encoding", "data_version"});
}

std::string ActionWords(int action, const char* first) {
  switch (action) {
    case SQLITE_ATTACH:
      return "ATTACH";
    case SQLITE_DETACH:
      return "DETACH";
    case SQLITE_INSERT:
      return fmt::format("INSERT into {}", first);
    case SQLITE_UPDATE:
      return fmt::format("UPDATE of {}", first);
    case SQLITE_DELETE:
      return fmt::format("DELETE from {}", first);
    case SQLITE_PRAGMA:
      return fmt::format("PRAGMA {}", first);
    case SQLITE_FUNCTION:
      return "an extension";
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
      return "a transaction";
    case SQLITE_CREATE_TEMP_TABLE:
    case SQLITE_CREATE_TEMP_VIEW:
    case SQLITE_CREATE_TEMP_INDEX:
    case SQLITE_CREATE_TEMP_TRIGGER:
      return "a temporary object";
    case SQLITE_REINDEX:
      return "REINDEX";
    case SQLITE_ANALYZE:
      return "ANALYZE";
    default:
      return "a change of the schema";
  }
}

// Whether text stands for a number and reads back from it the same, so that "007", ids and names stay text. An exponent needs a
// sign or a point beside it, since beginnings of hexadecimal ids look like "12e5".
bool IsInteger(const std::string& text, int64_t* value) {
  char* end = nullptr;
  *value = std::strtoll(text.c_str(), &end, 10);
  return !text.empty() && *end == '\0' && text == fmt::format("{}", *value);
}

bool IsReal(const std::string& text, double* value) {
  if (text.empty() || text.find_first_not_of("0123456789.eE+-") != std::string::npos) return false;
  if (text.find('.') == std::string::npos && text.find_first_of("+-", 1) == std::string::npos) return false;
  char* end = nullptr;
  *value = std::strtod(text.c_str(), &end);
  return *end == '\0';
}

void BindOne(sqlite3_stmt* statement, int index, const std::string& text) {
  int64_t integer;
  double real;
  if (IsInteger(text, &integer)) {
    sqlite3_bind_int64(statement, index, integer);
  } else if (IsReal(text, &real)) {
    sqlite3_bind_double(statement, index, real);
  } else {
    sqlite3_bind_text(statement, index, text.data(), text.size(), SQLITE_TRANSIENT);
  }
}

std::vector<std::string> ParameterNames(sqlite3_stmt* statement) {
  std::vector<std::string> names;
  for (int i = 1; i <= sqlite3_bind_parameter_count(statement); ++i) {
    const char* name = sqlite3_bind_parameter_name(statement, i);
    names.push_back(name == nullptr || name[0] == '?' ? "" : name + 1);
  }
  return names;
}

std::string ColonNames(const std::vector<std::string>& names) {
  return names.empty() ? "none" : ":" + absl::StrJoin(names, ", :");
}

absl::Status Bind(sqlite3_stmt* statement, const Parameters& parameters) {
  const std::vector<std::string> names = ParameterNames(statement);
  std::vector<bool> bound(names.size());
  for (const auto& [name, value] : parameters) {
    const size_t index = std::find(names.begin(), names.end(), name) - names.begin();
    if (index == names.size()) {
      return absl::InvalidArgumentError(
          fmt::format("the query has no parameter :{}{}; it has {}", name, DidYouMean(name, names), ColonNames(names)));
    }
    BindOne(statement, index + 1, value);
    bound[index] = true;
  }
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) return absl::InvalidArgumentError("a parameter of a query has a name, like :trial, not '?'");
    if (!bound[i]) return absl::InvalidArgumentError(fmt::format("the query's parameter :{} has no value", names[i]));
  }
  return absl::OkStatus();
}

std::vector<std::string> Texts(sqlite3* database, const char* sql) {
  std::vector<std::string> texts;
  sqlite3_stmt* raw = nullptr;
  sqlite3_prepare_v2(database, sql, -1, &raw, nullptr);
  const OwnedStatement statement(raw);
  while (raw != nullptr && sqlite3_step(raw) == SQLITE_ROW) {
    texts.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(raw, 0)));
  }
  return texts;
}

// "; did you mean ...?" for SQLite's messages about names that it does not know.
std::string NearestTo(sqlite3* database, const std::string& message) {
  const size_t colon = message.rfind(": ");
  if (colon == std::string::npos) return "";
  std::string name = message.substr(colon + 2);
  name = name.substr(name.rfind('.') + 1);
  if (message.rfind("no such table", 0) == 0) {
    const std::string hint =
        DidYouMean(name, Texts(database, "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')"));
    if (!hint.empty()) return hint;
    return "; there are " +
           absl::StrJoin(Texts(database, "SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY 1"), ", ");
  }
  if (message.rfind("no such column", 0) == 0) {
    return DidYouMean(name, Texts(database,
                                  "SELECT DISTINCT c.name FROM sqlite_schema s, pragma_table_xinfo(s.name) c "
                                  "WHERE s.type IN ('table', 'view')"));
  }
  return "";
}

// Whether anything but white space and comments is left.
bool HasAnotherStatement(sqlite3* database, const char* tail) {
  while (*tail != '\0') {
    sqlite3_stmt* raw = nullptr;
    const char* rest = nullptr;
    const int code = sqlite3_prepare_v2(database, tail, -1, &raw, &rest);
    const OwnedStatement statement(raw);
    if (code != SQLITE_OK || raw != nullptr) return true;
    if (rest == tail) return false;
    tail = rest;
  }
  return false;
}

}  // namespace

ReadOnlyGuard::ReadOnlyGuard(sqlite3* database, double time_limit_s) : database_(database), time_limit_s_(time_limit_s) {
  sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_limit(database, SQLITE_LIMIT_LENGTH, kMaxValueBytes);
  sqlite3_set_authorizer(database, &ReadOnlyGuard::Authorize, this);
  if (time_limit_s > 0) sqlite3_progress_handler(database, kStepsBetweenLooksAtTheClock, &ReadOnlyGuard::Progress, this);
}

int ReadOnlyGuard::Authorize(void* guard, int action, const char* first, const char* second, const char*, const char*) {
  if (action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_RECURSIVE) return SQLITE_OK;
  if (action == SQLITE_FUNCTION && std::strcmp(second, "load_extension") != 0) return SQLITE_OK;
  if (action == SQLITE_PRAGMA && IsReadingPragma(first, second)) return SQLITE_OK;
  // SQLite asks for this when it declares a table-valued function (json_each, pragma_table_info) in memory. A true UPDATE of
  // its own table would need writable_schema, which is refused.
  if (action == SQLITE_UPDATE && std::strcmp(first, "sqlite_master") == 0) return SQLITE_OK;
  std::string& refused = static_cast<ReadOnlyGuard*>(guard)->refused_;
  if (refused.empty()) refused = ActionWords(action, first);
  return SQLITE_DENY;
}

int ReadOnlyGuard::Progress(void* guard) {
  const ReadOnlyGuard& self = *static_cast<ReadOnlyGuard*>(guard);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - self.start_).count() > self.time_limit_s_;
}

absl::Status ReadOnlyGuard::ErrorOf(const std::string& sql) const {
  if (!refused_.empty()) return absl::PermissionDeniedError(fmt::format("a query can only read; {} is not allowed", refused_));
  const std::string message = sqlite3_errmsg(database_);
  switch (sqlite3_errcode(database_)) {
    case SQLITE_INTERRUPT:
      return absl::DeadlineExceededError(
          fmt::format("the query took longer than the {} s allowed", ShortestNumber(time_limit_s_)));
    case SQLITE_ERROR:
      return absl::InvalidArgumentError(message + NearestTo(database_, message));
    default:
      return SqliteStatus(database_, sql.substr(0, 200));
  }
}

absl::StatusOr<OwnedStatement> ReadOnlyGuard::Prepare(const std::string& sql, const Parameters& parameters) {
  refused_.clear();
  start_ = std::chrono::steady_clock::now();
  if (sql.find('\0') != std::string::npos) return absl::InvalidArgumentError("the query holds a zero byte");
  sqlite3_stmt* raw = nullptr;
  const char* tail = sql.c_str();
  if (sqlite3_prepare_v2(database_, sql.c_str(), -1, &raw, &tail) != SQLITE_OK) return ErrorOf(sql);
  OwnedStatement statement(raw);
  if (statement == nullptr) return absl::InvalidArgumentError("the query is empty");
  if (HasAnotherStatement(database_, tail))
    return absl::InvalidArgumentError("a query is one statement; there is more after it");
  if (!sqlite3_stmt_readonly(raw)) return absl::PermissionDeniedError("a query can only read");
  RETURN_IF_ERROR(Bind(raw, parameters));
  return statement;
}

}  // namespace ablate::store
