#include "lib/tasks/data/tsv_row.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_join.h"
#include "fmt/format.h"
#include "lib/base/status_macros.h"
#include "lib/base/text.h"

namespace ablate::tasks {
namespace {

// Calls cell(place, text) for each cell; how many there were.
template <typename Cell>
int ForEachCell(std::string_view line, const Cell& cell) {
  int place = 0;
  for (size_t start = 0; start <= line.size(); ++place) {
    const size_t end = std::min(line.find('\t', start), line.size());
    cell(place, line.substr(start, end - start));
    start = end + 1;
  }
  return place;
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

absl::StatusOr<TsvColumns> ReadTsvHeader(const std::string& path, const Columns& columns, std::string_view line) {
  std::vector<std::string> names;
  TsvColumns places;
  places.count = ForEachCell(line, [&](int, std::string_view cell) { names.emplace_back(cell); });
  ASSIGN_OR_RETURN(places.text, PlaceOf(path, columns.text, names));
  ASSIGN_OR_RETURN(places.label, PlaceOf(path, columns.label, names));
  if (!columns.second_text.empty()) {
    ASSIGN_OR_RETURN(places.second_text, PlaceOf(path, columns.second_text, names));
  }
  return places;
}

absl::Status ReadTsvRow(const std::string& path, const TsvColumns& columns, std::string_view line, Row& row) {
  const int cells = ForEachCell(line, [&](int place, std::string_view cell) {
    if (place == columns.text) row.text = cell;
    if (place == columns.second_text) row.second_text = cell;
    if (place == columns.label) row.label = cell;
  });
  if (cells == columns.count) return absl::OkStatus();
  return RowError(path, row.line, fmt::format("{} cell{}, the header has {}", cells, cells == 1 ? "" : "s", columns.count));
}

}  // namespace ablate::tasks
