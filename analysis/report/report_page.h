// A report as one HTML file that needs no network: a page of tables, with plots drawn from the data in it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/store/reader.h"

namespace ablate::analysis {

// Text in HTML, also inside quotes of an attribute.
std::string EscapeHtml(std::string_view text);

// A JSON document such that no "</script>" in its texts ends the element that holds it.
std::string EscapeScriptData(std::string_view json);

struct ReportOptions {
  std::string plotly;    // content of plotly.min.js
  std::string database;  // for the commands that repeat the report
  std::string spec;      // file or name, as given
};

// The page. Its content security policy lets only its own two scripts run, by their hashes. InvalidArgument where the text of
// plotly could end its element.
absl::StatusOr<std::string> ReportPage(const store::Reader& reader, const std::string& experiment,
                                       const ReportOptions& options);

}  // namespace ablate::analysis
