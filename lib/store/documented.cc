#include "lib/store/documented.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "absl/status/status.h"
#include "fmt/format.h"
#include "lib/base/status_macros.h"
#include "lib/store/embedded.h"

namespace ablate::store {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::string_view Strip(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  return text;
}

std::string_view TakeLine(std::string_view* text) {
  const size_t end = text->find('\n');
  const std::string_view line = text->substr(0, end);
  text->remove_prefix(end == std::string_view::npos ? text->size() : end + 1);
  return line;
}

// The text behind "--", or nothing where the line is no comment.
std::optional<std::string_view> CommentOf(std::string_view line) {
  if (line.substr(0, 2) != "--") return std::nullopt;
  return line.substr(2);
}

void Append(std::string_view more, std::string* to) {
  if (!to->empty()) to->push_back(' ');
  to->append(Strip(more));
}

absl::Status Undocumented(std::string_view name, std::string_view what) {
  return absl::InvalidArgumentError(fmt::format("{}.sql: {}", name, what));
}

absl::Status CheckMeanings(const Documented& documented) {
  if (documented.summary.empty()) return Undocumented(documented.name, "no comment says what a row is");
  if (documented.columns.empty()) return Undocumented(documented.name, "no column is documented");
  for (const Pairs* pairs : {&documented.columns, &documented.parameters}) {
    for (const auto& [name, meaning] : *pairs) {
      if (meaning.empty()) return Undocumented(documented.name, fmt::format("'{}' has no comment with its meaning", name));
    }
  }
  return absl::OkStatus();
}

// "name,  -- meaning", or a comment that goes on with the meaning of the line before.
void ParseColumn(std::string_view line, Pairs* columns) {
  const size_t dashes = line.find("--");
  std::string_view name = Strip(line.substr(0, dashes));
  const std::string_view meaning = dashes == std::string_view::npos ? "" : line.substr(dashes + 2);
  if (!name.empty() && name.back() == ',') name.remove_suffix(1);
  if (!name.empty()) columns->emplace_back(name, "");
  if (!columns->empty()) Append(meaning, &columns->back().second);
}

void ParseEntry(std::string_view comment, Pairs* pairs) {
  if (comment.substr(0, 3) != "   ") return;
  comment = Strip(comment);
  const size_t space = comment.find(' ');
  pairs->emplace_back(comment.substr(0, space), space == std::string_view::npos ? "" : Strip(comment.substr(space)));
}

// A broken file of ours is a bug of ours: it is in the binary, and a test reads all of them.
std::vector<Documented> ParseAll(std::string_view folder,
                                 absl::StatusOr<Documented> (*parse)(std::string_view, std::string_view)) {
  std::vector<Documented> all;
  for (const EmbeddedFile& file : EmbeddedSql()) {
    if (file.folder != folder) continue;
    absl::StatusOr<Documented> documented = parse(file.name, file.text);
    if (!documented.ok()) {
      std::fprintf(stderr, "%s\n", documented.status().ToString().c_str());
      std::abort();
    }
    all.push_back(*std::move(documented));
  }
  return all;
}

std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? "''" : std::string(1, c);
  return quoted + "'";
}

void AppendRows(const Documented& documented, std::string_view kind, std::string* sql) {
  const auto append = [&](std::string_view part, std::string_view name, std::string_view meaning) {
    *sql += fmt::format("{}({}, {}, {}, {}, {})", sql->empty() ? "" : ",\n", Quoted(kind), Quoted(documented.name),
                        Quoted(part), name.empty() ? "NULL" : Quoted(name), Quoted(meaning));
  };
  append("summary", "", documented.summary);
  for (const auto& [name, meaning] : documented.parameters) append("parameter", name, meaning);
  for (const auto& [name, meaning] : documented.columns) append("column", name, meaning);
  if (kind == "query") append("sql", "", documented.sql);
}

std::vector<Documented> AllViews() {
  std::vector<Documented> views = ParseAll("views", ParseView);
  std::string rows;
  for (const Documented& view : views) AppendRows(view, "view", &rows);
  for (const Documented& query : NamedQueries()) AppendRows(query, "query", &rows);
  const absl::StatusOr<Documented> documentation = ParseView("documentation", fmt::format(R"(
-- What the other views and their columns mean, and the queries that `ablate query NAME` knows; one row per thing explained.
CREATE VIEW documentation (
  kind,    -- view or query
  name,    -- of the view or query
  part,    -- summary, column, parameter, or sql: the text of a query
  item,    -- name of the column or parameter; else NULL
  meaning  -- what it is
) AS
VALUES
{};
)",
                                                                                          rows));
  const auto before = [](const Documented& a, const Documented& b) { return a.name < b.name; };
  views.insert(std::upper_bound(views.begin(), views.end(), *documentation, before), *documentation);
  return views;
}

}  // namespace

absl::StatusOr<Documented> ParseView(std::string_view name, std::string_view text) {
  Documented view;
  view.name = name;
  const std::string opening = fmt::format("CREATE VIEW {} (", name);
  const size_t start = text.find("CREATE VIEW");
  if (start == std::string_view::npos || text.substr(start, opening.size()) != opening) {
    return Undocumented(name, fmt::format("must hold '{}' and a column on each line after it", opening));
  }
  std::string_view header = text.substr(0, start);
  while (!header.empty()) Append(CommentOf(TakeLine(&header)).value_or(""), &view.summary);
  std::string_view sql = Strip(text.substr(start));
  if (!sql.empty() && sql.back() == ';') sql.remove_suffix(1);
  view.sql = Strip(sql);
  TakeLine(&sql);
  for (std::string_view line = TakeLine(&sql); Strip(line) != ") AS"; line = TakeLine(&sql)) {
    if (sql.empty()) return Undocumented(name, "the columns must end with a line ') AS'");
    ParseColumn(line, &view.columns);
  }
  RETURN_IF_ERROR(CheckMeanings(view));
  return view;
}

absl::StatusOr<Documented> ParseQuery(std::string_view name, std::string_view text) {
  Documented query;
  query.name = name;
  Pairs* section = nullptr;
  while (text.substr(0, 2) == "--") {
    const std::string_view comment = *CommentOf(TakeLine(&text));
    if (Strip(comment) == "Parameters") {
      section = &query.parameters;
    } else if (Strip(comment) == "Columns") {
      section = &query.columns;
    } else if (section == nullptr) {
      Append(comment, &query.summary);
    } else {
      ParseEntry(comment, section);
    }
  }
  query.sql = Strip(text);
  RETURN_IF_ERROR(CheckMeanings(query));
  return query;
}

const std::vector<Documented>& Views() {
  static const std::vector<Documented>& views = *new std::vector<Documented>(AllViews());
  return views;
}

const std::vector<Documented>& NamedQueries() {
  static const std::vector<Documented>& queries = *new std::vector<Documented>(ParseAll("queries", ParseQuery));
  return queries;
}

}  // namespace ablate::store
