#include "analysis/latex_table.h"

#include <variant>

#include "analysis/terminal_text.h"
#include "fmt/format.h"
#include "lib/base/text.h"

namespace ablate::analysis {
namespace {

std::string Escaped(const std::string& text) {
  std::string escaped;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\')
      escaped += "\\textbackslash{}";
    else if (c == '~' || c == '^')
      escaped += fmt::format("\\{}{{}}", c);
    else if (c == '<' || c == '>')
      escaped += fmt::format("${}$", c);
    else if (std::string_view("&%$#_{}").find(c) != std::string_view::npos)
      escaped += fmt::format("\\{}", c);
    else if (text.compare(i, 2, "±") == 0 && ++i > 0)
      escaped += "$\\pm$";
    else
      escaped += c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
  }
  return escaped;
}

}  // namespace

std::string LatexTable::Cell(const std::string& text) const {
  return terminal_ ? EscapeControls(Escaped(text)) : Escaped(text);
}

void LatexTable::Begin(const std::vector<std::string>& columns, std::string*) { columns_ = columns; }

void LatexTable::AppendHeader(const std::vector<store::Value>& first, std::string* out) {
  *out += "\\begin{tabular}{";
  for (size_t i = 0; i < columns_.size(); ++i) {
    const bool number =
        !first.empty() && (std::holds_alternative<double>(first[i]) || std::holds_alternative<int64_t>(first[i]));
    *out += number ? 'r' : 'l';
  }
  *out += "}\n\\toprule\n";
  for (size_t i = 0; i < columns_.size(); ++i) *out += (i > 0 ? " & " : "") + Cell(columns_[i]);
  *out += " \\\\\n\\midrule\n";
  began_ = true;
}

void LatexTable::Row(const std::vector<store::Value>& values, std::string* out) {
  if (!began_) AppendHeader(values, out);
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) *out += " & ";
    if (const auto* integer = std::get_if<int64_t>(&values[i])) *out += fmt::format("{}", *integer);
    if (const auto* real = std::get_if<double>(&values[i])) *out += ShortestNumber(*real);
    if (const auto* text = std::get_if<std::string>(&values[i])) *out += Cell(*text);
    if (std::holds_alternative<std::monostate>(values[i])) *out += "--";
  }
  *out += " \\\\\n";
}

void LatexTable::End(std::string* out) {
  if (!began_) AppendHeader({}, out);
  *out += "\\bottomrule\n\\end{tabular}\n";
}

}  // namespace ablate::analysis
