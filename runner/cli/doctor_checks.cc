#include "runner/cli/doctor_checks.h"

#include <google/protobuf/stubs/common.h>
#include <sys/statvfs.h>

#include <cstdint>
#include <variant>

#include "fmt/format.h"
#include "lib/base/files.h"
#include "lib/base/version.h"
#include "lib/store/file_system.h"
#include "lib/store/reader.h"

namespace ablate::runner {
namespace {

using Level = Finding::Level;
using store::Value;

constexpr double kGigabyte = 1e9;
constexpr double kLowDisk = 5;  // GB: checkpoints of small models fit, those of large ones don't
constexpr double kFullDisk = 0.2;

int64_t IntegerAt(const store::Table& table, size_t column) {
  const auto* value = table.rows.empty() ? nullptr : std::get_if<int64_t>(&table.rows[0][column]);
  return value == nullptr ? 0 : *value;
}

Finding Summary(const store::Reader& reader, const std::string& database) {
  const absl::StatusOr<store::Table> counts = reader.Query(
      "SELECT (SELECT COUNT(*) FROM experiments), (SELECT COUNT(*) FROM trials),"
      "       (SELECT COUNT(*) FROM trials WHERE finished_step IS NOT NULL),"
      "       (SELECT COUNT(*) FROM launches WHERE exit_reason IS NULL), sqlite_version()");
  if (!counts.ok()) {
    return {Level::kProblem, "database", fmt::format("{}: {}", database, std::string(counts.status().message())),
            "restore it from a backup"};
  }
  Finding finding{Level::kOk, "database",
                  fmt::format("{}: experiments: {}, trials: {}, finished: {}; SQLite {}", database, IntegerAt(*counts, 0),
                              IntegerAt(*counts, 1), IntegerAt(*counts, 2), std::get<std::string>(counts->rows[0][4])),
                  ""};
  const int64_t open = IntegerAt(*counts, 3);
  if (open == 0) return finding;
  finding.level = Level::kNote;
  finding.text += fmt::format("; launches without an end: {}", open);
  finding.advice = "they are running now, or their runner died: `ablate run` of the experiment takes them over";
  return finding;
}

}  // namespace

Finding CheckProgram() {
  const std::string protobuf = google::protobuf::internal::VersionString(GOOGLE_PROTOBUF_VERSION);
  return {Level::kOk, "program", fmt::format("ablate {}, protobuf {}", kVersion, protobuf), ""};
}

Finding CheckDisk(const std::string& database) {
  const std::string folder = ParentFolder(database);
  struct statvfs facts;
  if (statvfs(folder.c_str(), &facts) != 0) {
    return {Level::kProblem, "disk", fmt::format("{}: no such folder", folder), "make it, or name another database by --db"};
  }
  const double free = static_cast<double>(facts.f_bavail) * static_cast<double>(facts.f_frsize) / kGigabyte;
  Finding finding{Level::kOk, "disk", fmt::format("{:.1f} GB free for the database and launches in {}", free, folder), ""};
  if ((facts.f_flag & ST_RDONLY) != 0) {
    return {Level::kProblem, "disk", fmt::format("{} is mounted read-only", folder), "name a database elsewhere by --db"};
  }
  if (free >= kLowDisk) return finding;
  finding.level = free < kFullDisk ? Level::kProblem : Level::kNote;
  finding.advice = "checkpoints are the largest part: free some space";
  return finding;
}

Finding CheckDatabase(const std::string& database) {
  const absl::StatusOr<store::FileSystem> file_system = store::FileSystemOf(ParentFolder(database));
  if (file_system.ok()) {
    const absl::Status refused = store::RefuseNetwork(*file_system, database);
    if (!refused.ok()) {
      return {Level::kProblem, "database", std::string(refused.message()), "name one on a local disk by --db or $ABLATE_DB"};
    }
  }
  if (!FileExists(database)) return {Level::kNote, "database", database + " is not there yet", "`ablate run` makes it"};
  const absl::StatusOr<std::unique_ptr<store::Reader>> reader = store::Reader::Open(database);
  if (reader.ok()) return Summary(**reader, database);
  const bool newer = absl::IsFailedPrecondition(reader.status());
  return {
      Level::kProblem, "database", std::string(reader.status().message()),
      newer ? "use the newer ablate, or another database by --db" : "name another one by --db, or restore it from a backup"};
}

Finding CheckData(const std::string& data) {
  if (data.empty()) {
    return {Level::kNote, "data", "no data folder named: files are looked for beside the experiment file",
            "tasks made in memory need none; for others set $ABLATE_DATA or give --data"};
  }
  const absl::StatusOr<std::vector<std::string>> names = ListFolder(data);
  if (!names.ok()) {
    return {Level::kProblem, "data", std::string(names.status().message()), "correct $ABLATE_DATA or --data"};
  }
  return {Level::kOk, "data", fmt::format("{}: {} entries", data, names->size()), ""};
}

}  // namespace ablate::runner
