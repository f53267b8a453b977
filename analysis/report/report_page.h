// A report as one HTML file that needs no network: a page of tables, with plots drawn from the data in it.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/report/published.h"
#include "lib/store/reader.h"

namespace ablate::analysis {

struct ReportOptions {
  std::string plotly;                     // content of plotly.min.js
  std::string database;                   // for the commands that repeat the report
  std::string spec;                       // file or name, as given
  std::vector<PublishedValue> published;  // what papers report
};

// The page. Its content security policy lets only its own two scripts run, by their hashes. InvalidArgument where the text of
// plotly could end its element.
absl::StatusOr<std::string> ReportPage(const store::Reader& reader, const std::string& experiment,
                                       const ReportOptions& options);

}  // namespace ablate::analysis
