#include "runner/cli/trial_report.h"

#include <algorithm>
#include <cstdint>
#include <variant>
#include <vector>

#include "analysis/table.h"
#include "analysis/terminal_text.h"
#include "fmt/format.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"

namespace ablate::runner {
namespace {

using store::Table;
using store::Value;

constexpr size_t kCandidatesShown = 10;
constexpr size_t kIdLength = 32;
constexpr int kLogLines = 12;
constexpr uint64_t kLogBytes = uint64_t{64} << 20;  // a longer log is named, not read

struct Section {
  const char* title;
  const char* sql;  // of the trial :trial
};

constexpr Section kSections[] = {
    {"Experiments", "SELECT experiment, arm, seed, state, step, metric, value FROM trial_overview WHERE trial_id = :trial"},
    {"Settings that differ from their defaults",
     "SELECT field, value FROM settings WHERE trial_id = :trial AND field != 'seed' ORDER BY field"},
    {"Metrics, at their last step",
     "SELECT metric, MAX(step) AS step, value FROM metric_points WHERE trial_id = :trial GROUP BY metric ORDER BY metric"},
    {"Heads of each layer, at the last evaluation",
     "SELECT attention, layer, statistic, AVG(value) AS mean, MIN(value) AS lowest, MAX(value) AS highest"
     "  FROM head_statistics WHERE trial_id = :trial"
     "   AND step = (SELECT MAX(step) FROM head_statistics WHERE trial_id = :trial)"
     " GROUP BY attention, layer, statistic ORDER BY attention, statistic, layer"},
    {"Attempts, newest last",
     "SELECT a.number AS attempt, COALESCE(a.outcome, 'running') AS outcome, a.first_step, a.last_step,"
     "       strftime('%Y-%m-%d %H:%M:%SZ', a.begin_us / 1000000, 'unixepoch') AS began,"
     "       (a.end_us - a.begin_us) / 1e6 AS seconds, l.host, l.device, l.device_name, l.threads, l.exit_reason,"
     "       l.git_commit || CASE l.git_diff_digest WHEN '' THEN '' ELSE ' with changes ' || l.git_diff_digest END AS "
     "git_commit,"
     "       NULLIF(l.untracked_digest, '') AS untracked_files, NULLIF(l.system, '') AS system, l.versions, l.ablate_version, "
     "l.command_line,"
     "       NULLIF(l.spec_digest, '') AS experiment_file, l.name AS launch, l.folder"
     "  FROM trials t JOIN attempts a USING (trial) JOIN launches l USING (launch) WHERE t.trial_id = :trial ORDER BY "
     "a.attempt"},
    {"Data files of the newest attempt",
     "WITH RECURSIVE files(line, rest) AS ("
     "  SELECT NULL, l.data_files FROM trials t JOIN attempts a USING (trial) JOIN launches l USING (launch)"
     "   WHERE t.trial_id = :trial AND a.attempt = (SELECT MAX(attempt) FROM attempts WHERE trial = t.trial)"
     "  UNION ALL SELECT substr(rest, 1, instr(rest, char(10)) - 1), substr(rest, instr(rest, char(10)) + 1)"
     "   FROM files WHERE rest != '')"
     " SELECT substr(line, 1, instr(line, ' sha256:') - 1) AS file, substr(line, instr(line, ' sha256:') + 1) AS digest"
     "  FROM files WHERE line IS NOT NULL"},
};

// Texts that the newest attempt's launch was started from.
constexpr char kTextsSql[] =
    "SELECT l.git_diff_digest, l.untracked_digest, l.spec_digest, l.name,"
    "       (SELECT text FROM texts WHERE digest = l.git_diff_digest), (SELECT text FROM texts WHERE digest = "
    "l.untracked_digest),"
    "       (SELECT text FROM texts WHERE digest = l.spec_digest)"
    "  FROM trials t JOIN attempts a USING (trial) JOIN launches l USING (launch) WHERE t.trial_id = :trial"
    " ORDER BY a.attempt DESC LIMIT 1";

// The newest attempt that failed.
constexpr char kFailureSql[] =
    "SELECT a.failure_class, a.message, l.folder FROM trials t JOIN attempts a USING (trial) JOIN launches l USING (launch)"
    " WHERE t.trial_id = :trial AND a.outcome IN ('failed', 'crashed') ORDER BY a.attempt DESC LIMIT 1";

std::string Text(const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr ? "" : *text;
}

bool IsBeginningOfAnId(const std::string& prefix) {
  return !prefix.empty() && prefix.size() <= kIdLength && prefix.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// The last lines of a launch's log, made harmless and indented; or why there are none.
std::string LogTail(const std::string& path) {
  absl::StatusOr<std::string> log = ReadFile(path, kLogBytes);
  if (!log.ok()) return fmt::format("  ({})\n", std::string(log.status().message()));
  while (!log->empty() && log->back() == '\n') log->pop_back();
  size_t begin = log->size();
  for (int lines = 0; begin > 0 && (lines < kLogLines || (*log)[begin - 1] != '\n'); --begin) {
    if ((*log)[begin - 1] == '\n' && ++lines == kLogLines) break;
  }
  std::string tail;
  for (const std::string& line : analysis::WrapText(analysis::EscapeControls(log->substr(begin)), INT32_MAX)) {
    tail += "  " + line + "\n";
  }
  return tail;
}

absl::StatusOr<std::string> FailureText(const store::Reader& reader, const std::string& id, const std::string& database) {
  ASSIGN_OR_RETURN(const Table table, reader.Query(kFailureSql, {{"trial", id}}));
  if (table.rows.empty()) return "";
  const std::vector<Value>& row = table.rows[0];
  const std::string log = JoinPath(JoinPath(ParentFolder(database), Text(row[2])), "log.txt");
  return fmt::format("\nFailure: {}: {}\nEnd of {}:\n{}", analysis::EscapeControls(Text(row[0])),
                     analysis::EscapeControls(Text(row[1])), log, LogTail(log));
}

}  // namespace

absl::StatusOr<std::string> FindTrial(const store::Reader& reader, const std::string& prefix) {
  if (!IsBeginningOfAnId(prefix)) {
    return absl::InvalidArgumentError(
        fmt::format("\"{}\" is no beginning of a trial's id: ids are {} of the digits 0-9 and a-f", prefix, kIdLength));
  }
  ASSIGN_OR_RETURN(
      const Table trials,
      reader.Query("SELECT t.trial_id, MIN(o.arm), t.seed FROM trials t LEFT JOIN experiment_trials o USING (trial)"
                   " WHERE t.trial_id LIKE :prefix || '%' GROUP BY t.trial_id ORDER BY t.trial_id LIMIT 100",
                   {{"prefix", prefix}}));
  if (trials.rows.empty()) {
    return absl::NotFoundError(fmt::format("no trial's id begins with \"{}\" (ids: `ablate query trial_overview`)", prefix));
  }
  if (trials.rows.size() == 1) return Text(trials.rows[0][0]);
  const bool all = trials.rows.size() < 100;
  std::string message = fmt::format("{}{} trials' ids begin with \"{}\":", all ? "" : "at least ", trials.rows.size(), prefix);
  for (size_t i = 0; i < std::min(trials.rows.size(), kCandidatesShown); ++i) {
    const std::vector<Value>& row = trials.rows[i];
    message += fmt::format("\n  {}  {}, seed {}", Text(row[0]), Text(row[1]), std::get<int64_t>(row[2]));
  }
  return absl::InvalidArgumentError(message + (trials.rows.size() > kCandidatesShown ? "\n  ..." : ""));
}

absl::StatusOr<std::string> TrialText(const store::Reader& reader, const std::string& id, TextKind kind) {
  ASSIGN_OR_RETURN(const Table table, reader.Query(kTextsSql, {{"trial", id}}));
  if (table.rows.empty()) return absl::NotFoundError(fmt::format("trial {} has not been launched yet", id));
  const std::vector<Value>& row = table.rows[0];
  std::string text = kind == TextKind::kSpec ? Text(row[6]) : Text(row[4]) + Text(row[5]);
  if (!text.empty()) return text;
  const bool none_kept = kind == TextKind::kSpec || !Text(row[0]).empty() || !Text(row[1]).empty();
  return absl::NotFoundError(none_kept ? fmt::format("launch {} was recorded before these texts were kept", Text(row[3]))
                                       : fmt::format("launch {} was started from a commit without changes", Text(row[3])));
}

absl::StatusOr<std::string> TrialReport(const store::Reader& reader, const std::string& id, const std::string& database,
                                        int width) {
  std::string report = fmt::format("Trial {}\n", id);
  analysis::TableOptions options;
  options.width = width;
  for (const Section& section : kSections) {
    ASSIGN_OR_RETURN(const Table table, reader.Query(section.sql, {{"trial", id}}));
    if (table.rows.empty()) continue;
    report += fmt::format("\n{}\n{}", section.title, analysis::FormatTable(table, analysis::Format::kTable, options));
  }
  ASSIGN_OR_RETURN(const std::string failure, FailureText(reader, id, database));
  return report + failure;
}

}  // namespace ablate::runner
