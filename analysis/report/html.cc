#include "analysis/report/html.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

#include "fmt/format.h"

namespace ablate::analysis {
namespace {

constexpr size_t kMostRows = 400;

std::string Cell(const store::Value& value) {
  if (const auto* integer = std::get_if<int64_t>(&value)) return fmt::format("<td class=\"number\">{}</td>", *integer);
  if (const auto* real = std::get_if<double>(&value)) return fmt::format("<td class=\"number\">{:.4g}</td>", *real);
  if (const auto* text = std::get_if<std::string>(&value)) return fmt::format("<td>{}</td>", EscapeHtml(*text));
  return "<td>–</td>";
}

}  // namespace

std::string EscapeHtml(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string EscapeScriptData(std::string_view json) {
  std::string escaped;
  escaped.reserve(json.size());
  for (const char c : json) {
    if (c == '<') {
      escaped += "\\u003c";
    } else if (c == '>') {
      escaped += "\\u003e";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string HtmlTable(const store::Table& table, const std::string& caption, const std::string& query) {
  if (table.rows.empty()) return "<p>None.</p>\n";
  std::string html = fmt::format(
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\"><table><caption>{0}</caption><thead><tr>",
      EscapeHtml(caption));
  for (const std::string& column : table.columns) html += fmt::format("<th scope=\"col\">{}</th>", EscapeHtml(column));
  html += "</tr></thead><tbody>\n";
  const size_t shown = query.empty() ? table.rows.size() : std::min(table.rows.size(), kMostRows);
  for (size_t i = 0; i < shown; ++i) {
    html += "<tr>";
    for (const store::Value& value : table.rows[i]) html += Cell(value);
    html += "</tr>\n";
  }
  html += "</tbody></table></div>\n";
  if (shown == table.rows.size()) return html;
  return html + Note(fmt::format("The first {} of {} rows. All: ablate query {}.", shown, table.rows.size(), query));
}

std::string Folded(const std::string& summary, const std::string& content) {
  return fmt::format("<details><summary>{}</summary>\n{}</details>\n", EscapeHtml(summary), content);
}

std::string Paragraph(const std::string& text) { return fmt::format("<p>{}</p>\n", EscapeHtml(text)); }

std::string Note(const std::string& text) { return fmt::format("<p class=\"note\">{}</p>\n", EscapeHtml(text)); }

std::string Preformatted(const std::string& text) { return fmt::format("<pre tabindex=\"0\">{}</pre>\n", EscapeHtml(text)); }

}  // namespace ablate::analysis
