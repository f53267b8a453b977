#include "lib/store/schema.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <vector>

#include "fmt/format.h"
#include "lib/base/status_macros.h"
#include "lib/store/documented.h"
#include "lib/store/embedded.h"

namespace ablate::store {
namespace {

std::vector<std::string> SchemaFiles() {
  std::vector<std::string> files;
  for (const EmbeddedFile& file : EmbeddedSql()) {
    if (file.folder == "schema") files.emplace_back(file.text);
  }
  return files;
}

struct Header {
  int64_t application_id = 0, schema = 0;
  bool empty = false;
};

absl::StatusOr<Header> ReadHeader(sqlite3* database) {
  Header header;
  ASSIGN_OR_RETURN(const auto id, QueryInteger(database, "PRAGMA application_id"));
  ASSIGN_OR_RETURN(const auto schema, QueryInteger(database, "PRAGMA user_version"));
  ASSIGN_OR_RETURN(const auto objects, QueryInteger(database, "SELECT COUNT(*) FROM sqlite_schema"));
  header.application_id = id.value_or(0);
  header.schema = schema.value_or(0);
  header.empty = objects.value_or(0) == 0 && header.application_id == 0 && header.schema == 0;
  return header;
}

absl::Status CheckOurs(const Header& header, const std::string& path) {
  if (header.application_id != kApplicationId) {
    return absl::DataLossError(fmt::format("{}: is a database of another program, not of ablate", path));
  }
  if (header.schema <= LatestSchema()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      fmt::format("{}: was written by a newer ablate (its schema is {}, this program knows those up to {}); update ablate",
                  path, header.schema, LatestSchema()));
}

// SQLite's own words name neither the path nor what to do.
absl::Status NotADatabase(const absl::Status& status, const std::string& path) {
  if (!absl::IsDataLoss(status)) return status;
  return absl::DataLossError(fmt::format("{}: is not a database, or is damaged: {}", path, std::string(status.message())));
}

// A copy that SQLite makes consistent, complete on disk before the first change.
absl::Status BackUp(sqlite3* database, const std::string& path, int64_t schema) {
  const std::string backup = fmt::format("{}.schema-{}.backup", path, schema), temporary = backup + ".tmp";
  unlink(temporary.c_str());
  char* sql = sqlite3_mprintf("VACUUM INTO %Q", temporary.c_str());
  const absl::Status copied = Execute(database, sql);
  sqlite3_free(sql);
  RETURN_IF_ERROR(copied);
  const int file = open(temporary.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = file >= 0 && fsync(file) == 0;
  if (file >= 0) close(file);
  if (synced && rename(temporary.c_str(), backup.c_str()) == 0) return absl::OkStatus();
  return absl::UnavailableError(fmt::format("{}: can't write the backup before migrating", backup));
}

// All or nothing: a program killed here leaves the database as it was.
absl::Status Migrate(Connection& connection, int64_t from, int64_t to) {
  if (from >= to) return absl::OkStatus();
  const std::vector<std::string> files = SchemaFiles();
  return connection.InTransaction([&]() -> absl::Status {
    for (int64_t version = from; version < to; ++version) RETURN_IF_ERROR(Execute(connection.get(), files[version]));
    return Execute(connection.get(), fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", kApplicationId, to));
  });
}

// SQLite keeps a view's text from CREATE on as it was given, so equal text means an equal view.
absl::StatusOr<bool> HasView(sqlite3* database, const Documented& view) {
  ASSIGN_OR_RETURN(const std::optional<std::string> text,
                   QueryText(database, fmt::format("SELECT sql FROM sqlite_schema WHERE name = '{}'", view.name)));
  return text.has_value() && *text == view.sql;
}

absl::Status InstallViews(Connection& connection) {
  std::string changes;
  for (const Documented& view : Views()) {
    ASSIGN_OR_RETURN(const bool there, HasView(connection.get(), view));
    if (!there) changes += fmt::format("DROP VIEW IF EXISTS {};\n{};\n", view.name, view.sql);
  }
  if (changes.empty()) return absl::OkStatus();
  return connection.InTransaction([&] { return Execute(connection.get(), changes); });
}

}  // namespace

int64_t LatestSchema() {
  static const int64_t count = SchemaFiles().size();
  return count;
}

absl::Status BringUpToDate(Connection& connection, const std::string& path, int64_t up_to) {
  sqlite3* database = connection.get();
  absl::StatusOr<Header> header = ReadHeader(database);
  if (!header.ok()) return NotADatabase(header.status(), path);
  if (!header->empty) RETURN_IF_ERROR(CheckOurs(*header, path));
  // A new database has nothing to lose, and each sync costs what all the rest does.
  if (header->empty) RETURN_IF_ERROR(Execute(database, "PRAGMA synchronous = OFF"));
  RETURN_IF_ERROR(Execute(database, "PRAGMA journal_mode = WAL"));
  if (!header->empty && header->schema < up_to) RETURN_IF_ERROR(BackUp(database, path, header->schema));
  RETURN_IF_ERROR(Migrate(connection, header->schema, up_to));
  if (up_to == LatestSchema()) RETURN_IF_ERROR(InstallViews(connection));
  return header->empty ? Execute(database, "PRAGMA synchronous = NORMAL") : absl::OkStatus();
}

absl::Status CheckReadable(sqlite3* database, const std::string& path) {
  absl::StatusOr<Header> header = ReadHeader(database);
  if (!header.ok()) return NotADatabase(header.status(), path);
  if (header->empty) return absl::DataLossError(fmt::format("{}: is empty, not a database of ablate", path));
  return CheckOurs(*header, path);
}

}  // namespace ablate::store
