// Views and named queries, and what their files say about them. For `ablate list views` and `ablate list queries`.
//
// A view's file: lines of comment that say what a row is; CREATE VIEW name (; each column on a line of its own with its meaning
// as comment; ) AS and the query. A query's file: lines of comment, then "-- Parameters" and "-- Columns" with lines
// "--   name  meaning" each, then the query.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace ablate::store {

struct Documented {
  std::string name, summary;
  std::vector<std::pair<std::string, std::string>> columns;     // (name, meaning)
  std::vector<std::pair<std::string, std::string>> parameters;  // of a named query: (name without colon, meaning)
  std::string sql;                                              // of a view its CREATE VIEW, without the semicolon
};

// Sorted by name. With the view `documentation`, made from all the others and the named queries, so that whoever opens a
// database finds in it what is here.
const std::vector<Documented>& Views();
const std::vector<Documented>& NamedQueries();

// What a file says. InvalidArgument, naming view and line, for a missing summary and for a column or parameter without meaning.
absl::StatusOr<Documented> ParseView(std::string_view name, std::string_view text);
absl::StatusOr<Documented> ParseQuery(std::string_view name, std::string_view text);

}  // namespace ablate::store
