// HTML of a report's texts and tables. Everything from the data is escaped here.
#pragma once

#include <string>
#include <string_view>

#include "lib/store/reader.h"

namespace ablate::analysis {

// Text in HTML, also inside quotes of an attribute.
std::string EscapeHtml(std::string_view text);

// A JSON document such that no "</script>" in its texts ends the element that holds it.
std::string EscapeScriptData(std::string_view json);

// A table with a caption, in a region that scrolls by keyboard too. "None." where it has no rows. Numbers have 4 digits. With a
// `query`, a view or named query that has the rows too, only the first 400 are shown, and the page refers to it for the others.
std::string HtmlTable(const store::Table& table, const std::string& caption, const std::string& query = "");

// Content that stays folded until it is asked for, by mouse or keyboard.
std::string Folded(const std::string& summary, const std::string& content);

// <p>, escaped; with class "note" small.
std::string Paragraph(const std::string& text);
std::string Note(const std::string& text);

// <pre>, escaped.
std::string Preformatted(const std::string& text);

}  // namespace ablate::analysis
