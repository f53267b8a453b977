// What failed, where the numbers come from, how to get them again.
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "analysis/report/html.h"
#include "analysis/report/sections.h"
#include "fmt/format.h"
#include "lib/base/status_macros.h"

namespace ablate::analysis {
namespace {

constexpr char kOfExperiment[] =
    "WHERE launch IN (SELECT a.launch FROM attempts a JOIN experiment_trials et USING (trial) JOIN experiments e USING "
    "(experiment) WHERE e.name = :experiment) ";

// Launches that ran under the same conditions are one row.
constexpr char kPlaces[] =
    "SELECT COUNT(*) AS launches, SUM(seconds) AS seconds, host, device_name AS device, threads AS 'threads of an operator', "
    "system, versions, git_commit AS 'commit', CASE WHEN git_diff_digest = '' THEN 'none' ELSE git_diff_digest END AS "
    "'uncommitted changes (SHA-256 of the patch)', CASE WHEN untracked_digest = '' THEN 'none' ELSE untracked_digest END AS "
    "'untracked files (SHA-256)', strftime('%Y-%m-%d %H:%M', MIN(begin_us) / 1000000, 'unixepoch') AS 'from (UTC)', "
    "strftime('%Y-%m-%d %H:%M', MAX(end_us) / 1000000, 'unixepoch') AS 'until (UTC)' FROM launches ";
constexpr char kSamePlace[] =
    "GROUP BY host, device_name, threads, system, versions, git_commit, git_diff_digest, untracked_digest ORDER BY MIN(launch)";

// A column for each row of `table`, so that long texts have room.
store::Table Turned(const store::Table& table) {
  store::Table turned{{"condition"}, {}};
  for (size_t i = 0; i < table.rows.size(); ++i) turned.columns.push_back(fmt::format("group {}", i + 1));
  for (size_t column = 0; column < table.columns.size(); ++column) {
    std::vector<store::Value> row{table.columns[column]};
    for (const std::vector<store::Value>& from : table.rows) row.push_back(from[column]);
    turned.rows.push_back(std::move(row));
  }
  return turned;
}

// As a POSIX shell takes it: as it is where no character is special, else in single quotes.
std::string ShellWord(const std::string& word) {
  constexpr char kPlain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=:,+@%";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

// The commands that made the results, as they were given, then those that print them.
absl::StatusOr<std::string> Commands(const Study& study, const std::string& spec, const std::string& database) {
  ASSIGN_OR_RETURN(const store::Table given,
                   study.Rows(absl::StrCat("SELECT git_commit, command_line FROM launches ", kOfExperiment,
                                           "GROUP BY git_commit, command_line ORDER BY MIN(launch)")));
  std::string text, commit;
  for (const std::vector<store::Value>& row : given.rows) {
    if (const std::string here = TextOf(row[0]); here != commit && !here.empty()) {
      text += "git checkout " + here + "\n";
      commit = here;
    }
    text += TextOf(row[1]) + "\n";
  }
  for (const char* verb : {"leaderboard", "report"}) {
    text += fmt::format("ablate {} {} --db {}{}\n", verb, ShellWord(spec), ShellWord(database),
                        verb == std::string("report") ? " -o report" : "");
  }
  return text;
}

}  // namespace

absl::StatusOr<Section> FailuresSection(const Study& study) {
  ASSIGN_OR_RETURN(const store::Table failures,
                   study.Rows("SELECT arm, seed, state AS 'state now', failure_class, message, step, launch FROM failures "
                              "WHERE experiment = :experiment"));
  return Section{"failures", "Failures", HtmlTable(failures, "Attempts that failed or crashed, newest first"), {}};
}

absl::StatusOr<Section> ProvenanceSection(const Study& study, const std::string& spec, const std::string& database) {
  Section section{"provenance", "Where it comes from", "", {}};
  ASSIGN_OR_RETURN(const store::Table places, study.Rows(absl::StrCat(kPlaces, kOfExperiment, kSamePlace)));
  section.html += HtmlTable(Turned(places), "Launches under the same conditions, as groups: where and when they ran");
  ASSIGN_OR_RETURN(const store::Table files, study.Rows(absl::StrCat("SELECT DISTINCT data_files FROM launches ", kOfExperiment,
                                                                     "AND data_files != ''")));
  for (const std::vector<store::Value>& row : files.rows) {
    section.html += "<h3>Files that were read, with their digests</h3>\n" + Preformatted(TextOf(row[0]));
  }
  ASSIGN_OR_RETURN(const std::string commands, Commands(study, spec, database));
  section.html += "<h3>To repeat it</h3>\n" + Preformatted(commands);
  ASSIGN_OR_RETURN(const store::Table text, study.Rows("SELECT text FROM experiments WHERE name = :experiment"));
  if (!text.rows.empty()) section.html += Folded("The experiment's file", Preformatted(TextOf(text.rows[0][0])));
  section.html += Note(
      "The runs of one trial on one type of CPU with one thread give the same bits; elsewhere they differ by "
      "rounding, which training amplifies.");
  return section;
}

}  // namespace ablate::analysis
