#include "analysis/delimited_table.h"

#include <cstdint>
#include <utility>
#include <variant>

#include "analysis/terminal_text.h"
#include "fmt/format.h"
#include "lib/base/text.h"

namespace ablate::analysis {

DelimitedTable::DelimitedTable(bool terminal, std::string before, std::string between, std::string behind)
    : terminal_(terminal), before_(std::move(before)), between_(std::move(between)), behind_(std::move(behind)) {}

void DelimitedTable::Begin(const std::vector<std::string>& columns, std::string* out) {
  std::vector<std::string> names;
  for (const std::string& column : columns) names.push_back(Cell(column));
  AppendLine(names, out);
}

void DelimitedTable::Row(const std::vector<store::Value>& values, std::string* out) {
  std::vector<std::string> cells;
  for (const store::Value& value : values) {
    if (const auto* integer = std::get_if<int64_t>(&value)) {
      cells.push_back(fmt::format("{}", *integer));
    } else if (const auto* real = std::get_if<double>(&value)) {
      cells.push_back(ShortestNumber(*real));
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      cells.push_back(Cell(*text));
    } else {
      cells.emplace_back();
    }
  }
  AppendLine(cells, out);
}

std::string DelimitedTable::Cell(const std::string& text) const {
  return terminal_ ? EscapeControls(Quoted(text)) : Quoted(text);
}

void DelimitedTable::AppendLine(const std::vector<std::string>& cells, std::string* out) const {
  *out += before_;
  for (size_t i = 0; i < cells.size(); ++i) *out += (i > 0 ? between_ : "") + cells[i];
  *out += behind_;
}

std::string CsvTable::Quoted(const std::string& text) const {
  if (!text.empty() && text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

std::string TsvTable::Quoted(const std::string& text) const {
  std::string quoted;
  for (const char c : text) {
    const size_t at = std::string_view("\t\n\r\\").find(c);
    quoted += at == std::string_view::npos ? std::string(1, c) : std::string("\\") + "tnr\\"[at];
  }
  return quoted;
}

std::string MarkdownTable::Quoted(const std::string& text) const {
  std::string quoted;
  for (const char c : text) {
    if (c == '|')
      quoted += "\\|";
    else if (c == '\n')
      quoted += "<br>";
    else if (c != '\r')
      quoted += c;
  }
  return quoted;
}

void MarkdownTable::Begin(const std::vector<std::string>& columns, std::string* out) {
  DelimitedTable::Begin(columns, out);
  for (size_t i = 0; i < columns.size(); ++i) *out += i == 0 ? "| ---" : " | ---";
  *out += columns.empty() ? "\n" : " |\n";
}

}  // namespace ablate::analysis
