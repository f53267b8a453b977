#include "runner/cli/query.h"

#include <algorithm>
#include <cctype>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "fmt/format.h"
#include "lib/base/status_macros.h"
#include "lib/base/text.h"
#include "lib/store/documented.h"
#include "lib/store/reader.h"
#include "runner/cli/common_options.h"
#include "runner/cli/open_store.h"
#include "runner/cli/output.h"
#include "runner/cli/query_parameters.h"

namespace ablate::runner {
namespace {

using store::Parameters;
using store::Table;
using store::Value;

struct Options {
  std::string database, question, time_limit = "10m";
  std::vector<std::string> parameters;
  Output output;
};

bool IsName(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) || c == '_'; });
}

const store::Documented* FindNamed(const std::string& question) {
  for (const store::Documented& query : store::NamedQueries()) {
    if (query.name == question) return &query;
  }
  return nullptr;
}

// A name becomes the SQL that it stands for: all rows of a view or table.
absl::StatusOr<std::string> SqlOf(const store::Reader& reader, const std::string& question) {
  if (!IsName(question)) return question;
  std::vector<std::string> names;
  for (const store::Documented& query : store::NamedQueries()) names.push_back(query.name);
  ASSIGN_OR_RETURN(const Table tables,
                   reader.Query("SELECT name FROM sqlite_master WHERE type IN ('view', 'table') ORDER BY type DESC, name"));
  for (const std::vector<Value>& row : tables.rows) names.push_back(std::get<std::string>(row[0]));
  if (std::count(names.begin(), names.end(), question) > 0) return fmt::format("SELECT * FROM {}", question);
  return absl::InvalidArgumentError(
      fmt::format("no view, table or named query \"{}\"{} (`ablate list views`, `ablate list queries`)", question,
                  DidYouMean(question, names)));
}

absl::StatusOr<store::Reader::Options> ReaderOptionsOf(const std::string& time_limit) {
  absl::Duration limit;
  if (!absl::ParseDuration(time_limit, &limit) || limit < absl::ZeroDuration()) {
    return absl::InvalidArgumentError(
        fmt::format("--time-limit {}: allowed are durations as 30s, 10m, 1h30m, and 0 for none", time_limit));
  }
  store::Reader::Options options;
  options.time_limit_s = absl::ToDoubleSeconds(limit);
  return options;
}

absl::StatusOr<Parameters> ParseParameters(const std::vector<std::string>& texts) {
  Parameters parameters;
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return absl::InvalidArgumentError(fmt::format("--param: \"{}\" is not NAME=VALUE", text));
    }
    parameters.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return parameters;
}

absl::Status PrintRows(const store::Reader& reader, const std::string& sql, const Parameters& parameters,
                       const Options& options) {
  Printer printer(options.output, Context(options.database, options.question));
  RETURN_IF_ERROR(reader.ForEachRow(
      sql, parameters, [&](const std::vector<std::string>& columns) { printer.Begin(columns); },
      [&](const std::vector<Value>& values) { return printer.Row(values); }));
  return printer.End();
}

absl::Status Ask(const Options& options) {
  ASSIGN_OR_RETURN(const Parameters parameters, ParseParameters(options.parameters));
  ASSIGN_OR_RETURN(const store::Reader::Options limits, ReaderOptionsOf(options.time_limit));
  ASSIGN_OR_RETURN(const std::unique_ptr<store::Reader> reader, OpenStore(options.database, limits));
  if (const store::Documented* named = FindNamed(options.question)) {
    ASSIGN_OR_RETURN(const Parameters checked, CheckParameters(*reader, *named, parameters));
    return PrintRows(*reader, named->sql, checked, options);
  }
  ASSIGN_OR_RETURN(const std::string sql, SqlOf(*reader, options.question));
  return PrintRows(*reader, sql, parameters, options);
}

ExitCode RunQuery(const Options& options) {
  const absl::Status status = Ask(options);
  return status.ok() ? ExitCode::kAllWell : Fail(CodeOf(status), status);
}

}  // namespace

void AddQuery(CommandLine& line) {
  auto options = std::make_shared<Options>();
  VerbOptions verb = line.AddVerb("query", "Ask the results database; never writes, also while a sweep runs",
                                  [options] { return RunQuery(*options); });
  verb.Add("question", options->question, "SQL in quotes, or the name of a view, table or named query")
      .Required()
      .Type("SQL|NAME");
  verb.Add("--param", options->parameters, "Value of :NAME in the SQL. Repeatable").Type("NAME=VALUE");
  verb.Add("--time-limit", options->time_limit, "Give up on what takes longer; 0: never. Default: 10m").Type("TIME");
  AddDatabaseOption(verb, options->database);
  AddOutputOptions(verb, options->output);
  verb.AddFooter(
      "Examples:\n"
      "  ablate query leaderboard\n"
      "  ablate query \"SELECT arm, mean FROM leaderboard WHERE experiment = :e\" --param e=quickstart\n"
      "  ablate query head_density --format csv > density.csv\n"
      "Tables round numbers for reading; csv, tsv, json, jsonl and markdown keep every digit.\n"
      "`ablate list views` and `ablate list queries` print what there is; more in docs/querying.md.");
}

}  // namespace ablate::runner
