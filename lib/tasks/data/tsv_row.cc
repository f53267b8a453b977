#include "lib/tasks/data/tsv_row.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "fmt/format.h"
#include "lib/base/status_macros.h"
#include "lib/base/text.h"

namespace ablate::tasks {
namespace {

// Place of the quote that closes the cell whose quote opens at `open`, or npos.
size_t ClosingQuote(std::string_view text, size_t open) {
  for (size_t at = open + 1;; at += 2) {
    at = text.find('"', at);
    if (at == std::string_view::npos || at + 1 == text.size() || text[at + 1] != '"') return at;
  }
}

// Appends text's cells; an empty string, or what is wrong with the row.
std::string SplitCells(std::string_view text, bool quoted, std::vector<std::string>& cells) {
  for (size_t start = 0; start <= text.size();) {
    size_t end = std::min(text.find('\t', start), text.size());
    if (quoted && start < text.size() && text[start] == '"') {
      const size_t close = ClosingQuote(text, start);
      if (close == std::string_view::npos) return fmt::format("the quote of cell {} is not closed", cells.size() + 1);
      end = close + 1;
      if (end < text.size() && text[end] != '\t')
        return fmt::format("text behind the closing quote of cell {}", cells.size() + 1);
      cells.emplace_back(text.substr(start + 1, close - start - 1));
      absl::StrReplaceAll({{"\"\"", "\""}}, &cells.back());
    } else {
      cells.emplace_back(text.substr(start, end - start));
    }
    start = end + 1;
  }
  return "";
}

absl::StatusOr<int> PlaceOf(const std::string& path, const std::string& column, const std::vector<std::string>& names) {
  const auto count = std::count(names.begin(), names.end(), column);
  if (count == 1) return static_cast<int>(std::find(names.begin(), names.end(), column) - names.begin());
  if (count > 1) return RowError(path, 1, fmt::format("column {} occurs {} times in the header", Quoted(column), count));
  constexpr size_t kShown = 20;
  const size_t shown = std::min(names.size(), kShown);
  const std::string listed = absl::StrJoin(names.begin(), names.begin() + shown, ", ",
                                           [](std::string* out, const std::string& name) { *out += Quoted(name); });
  return RowError(path, 1,
                  fmt::format("no column {} in the header, which has {}{}{}", Quoted(column), listed,
                              shown < names.size() ? ", ..." : "", DidYouMean(column, names)));
}

}  // namespace

absl::StatusOr<TsvColumns> ReadTsvHeader(const std::string& path, const RowFormat& format, std::string_view line) {
  std::vector<std::string> names;
  const std::string problem = SplitCells(line, format.quoted, names);
  if (!problem.empty()) return RowError(path, 1, problem);
  TsvColumns places;
  places.count = static_cast<int>(names.size());
  places.quoted = format.quoted;
  ASSIGN_OR_RETURN(places.text, PlaceOf(path, format.columns.text, names));
  ASSIGN_OR_RETURN(places.label, PlaceOf(path, format.columns.label, names));
  if (!format.columns.second_text.empty()) {
    ASSIGN_OR_RETURN(places.second_text, PlaceOf(path, format.columns.second_text, names));
  }
  return places;
}

absl::Status ReadTsvRow(const std::string& path, const TsvColumns& columns, std::string_view text, Row& row) {
  std::vector<std::string> cells;
  cells.reserve(columns.count);
  const std::string problem = SplitCells(text, columns.quoted, cells);
  if (!problem.empty()) return RowError(path, row.line, problem);
  const int count = static_cast<int>(cells.size());
  if (count != columns.count) {
    return RowError(path, row.line, fmt::format("{} cell{}, the header has {}", count, count == 1 ? "" : "s", columns.count));
  }
  row.label = cells[columns.label];  // copied: one column may serve twice
  if (columns.second_text >= 0) row.second_text = cells[columns.second_text];
  row.text = std::move(cells[columns.text]);
  return absl::OkStatus();
}

size_t EndOfQuotedRow(std::string_view content) {
  for (size_t start = 0;;) {
    size_t from = start;
    if (start < content.size() && content[start] == '"') {
      const size_t close = ClosingQuote(content, start);
      if (close == std::string_view::npos) return content.find('\n', start);
      from = close + 1;
    }
    const size_t end = content.find_first_of("\t\n", from);
    if (end == std::string_view::npos || content[end] == '\n') return end;
    start = end + 1;
  }
}

}  // namespace ablate::tasks
