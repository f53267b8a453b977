#include "analysis/report/published.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "analysis/estimate_text.h"
#include "fmt/format.h"
#include "lib/base/status_macros.h"
#include "lib/base/text.h"

namespace ablate::analysis {
namespace {

constexpr absl::string_view kDifference = "difference_to_";

struct Row {
  int line = 0;  // that it begins in
  std::vector<std::string> cells;
};

absl::Status At(const std::string& path, int line, const std::string& what) {
  return absl::InvalidArgumentError(fmt::format("{}:{}: {}", path, line, what));
}

// Takes one cell off `text`. A quoted one may hold commas, line ends and doubled quotes.
absl::StatusOr<std::string> TakeCell(const std::string& path, absl::string_view* text, int* line) {
  if (!absl::ConsumePrefix(text, "\"")) {
    const size_t end = std::min(text->find_first_of(",\r\n"), text->size());
    std::string cell(text->substr(0, end));
    text->remove_prefix(end);
    return cell;
  }
  const int begin = *line;
  std::string cell;
  while (!text->empty()) {
    const char c = text->front();
    text->remove_prefix(1);
    if (c == '"' && !absl::ConsumePrefix(text, "\"")) return cell;
    if (c == '\n') ++*line;
    cell += c;
  }
  return At(path, begin, "a quote is not closed");
}

absl::StatusOr<std::vector<Row>> ParseRows(const std::string& path, absl::string_view text) {
  std::vector<Row> rows;
  absl::ConsumePrefix(&text, "\xef\xbb\xbf");
  for (int line = 1; !text.empty(); ++line) {
    Row row{line, {}};
    do {
      ASSIGN_OR_RETURN(std::string cell, TakeCell(path, &text, &line));
      row.cells.push_back(std::move(cell));
    } while (absl::ConsumePrefix(&text, ","));
    absl::ConsumePrefix(&text, "\r");
    if (!absl::ConsumePrefix(&text, "\n") && !text.empty()) return At(path, line, "text behind a closed quote");
    if (row.cells.size() > 1 || !row.cells[0].empty()) rows.push_back(std::move(row));  // not of an empty line
  }
  return rows;
}

absl::Status CheckHeader(const std::string& path, const Row& header) {
  bool arm = false, number = false;
  for (size_t i = 0; i < header.cells.size(); ++i) {
    const std::string& name = header.cells[i];
    if (name.empty() || name == kDifference) return At(path, header.line, fmt::format("column {} has no name", i + 1));
    if (std::count(header.cells.begin(), header.cells.end(), name) > 1) {
      return At(path, header.line, fmt::format("column \"{}\" is there twice", name));
    }
    arm = arm || name == "arm";
    number = number || (name != "arm" && name != "source");
  }
  if (!arm) return At(path, header.line, "no column \"arm\"; columns are arm, source, metrics, difference_to_ARM");
  if (!number) return At(path, header.line, "no column of numbers: a metric, or difference_to_ARM");
  return absl::OkStatus();
}

absl::StatusOr<std::vector<PublishedValue>> ValuesOf(const std::string& path, const Row& header, const Row& row) {
  if (row.cells.size() != header.cells.size()) {
    return At(path, row.line, fmt::format("{} cells; the header has {}", row.cells.size(), header.cells.size()));
  }
  std::string arm, source;
  std::vector<PublishedValue> values;
  for (size_t i = 0; i < header.cells.size(); ++i) {
    const std::string &name = header.cells[i], &cell = row.cells[i];
    if (name == "arm") arm = cell;
    if (name == "source") source = cell;
    if (name == "arm" || name == "source" || cell.empty()) continue;
    PublishedValue value;
    if (!absl::SimpleAtod(cell, &value.value) || !std::isfinite(value.value)) {
      return At(path, row.line, fmt::format("{} is \"{}\"; a number, or empty where the paper says none", name, cell));
    }
    absl::string_view baseline = name;
    const bool difference = absl::ConsumePrefix(&baseline, kDifference);
    (difference ? value.baseline : value.quantity) = std::string(baseline);
    values.push_back(std::move(value));
  }
  if (arm.empty()) return At(path, row.line, "the arm has no name");
  for (PublishedValue& value : values) value.arm = arm, value.source = source;
  return values;
}

const ArmResults* FindArm(const ExperimentResults& results, const std::string& name) {
  for (const ArmResults& arm : results.arms) {
    if (arm.arm == name) return &arm;
  }
  return nullptr;
}

std::string WhatIsMissing(const PublishedValue& published, const ExperimentResults& results) {
  for (const std::string& name : {published.arm, published.baseline}) {
    if (!name.empty() && FindArm(results, name) == nullptr) return fmt::format("no arm \"{}\" here", name);
  }
  return published.baseline.empty() && !OfMetric(published, results) ? "another metric counts here" : "no values yet";
}

}  // namespace

absl::StatusOr<std::vector<PublishedValue>> ParsePublished(const std::string& path, std::string_view text) {
  if (size_t bad = 0; !IsUtf8(text, &bad)) {
    return At(path, 1 + static_cast<int>(std::count(text.begin(), text.begin() + bad, '\n')), "not UTF-8");
  }
  ASSIGN_OR_RETURN(const std::vector<Row> rows, ParseRows(path, absl::string_view(text.data(), text.size())));
  if (rows.empty()) return At(path, 1, "empty; the first row is a header: arm, source, metrics, difference_to_ARM");
  RETURN_IF_ERROR(CheckHeader(path, rows[0]));
  std::vector<PublishedValue> all;
  for (size_t i = 1; i < rows.size(); ++i) {
    ASSIGN_OR_RETURN(std::vector<PublishedValue> values, ValuesOf(path, rows[0], rows[i]));
    std::move(values.begin(), values.end(), std::back_inserter(all));
  }
  return all;
}

bool OfMetric(const PublishedValue& published, const ExperimentResults& results) {
  if (!published.baseline.empty()) return false;
  return published.quantity == results.metric || absl::EndsWith(results.metric, "/" + published.quantity);
}

Estimate OursFor(const PublishedValue& published, const ExperimentResults& results) {
  const ArmResults* const arm = FindArm(results, published.arm);
  if (arm == nullptr) return {};
  if (published.baseline.empty()) return OfMetric(published, results) ? Mean(arm->values) : Estimate();
  const ArmResults* const baseline = FindArm(results, published.baseline);
  return baseline == nullptr ? Estimate() : PairedDifference(arm->values, baseline->values);
}

store::Table PublishedTable(const std::vector<PublishedValue>& published, const ExperimentResults& results) {
  store::Table table{{"arm", "what", "published", "ours", "seeds", "the published figure is", "source"}, {}};
  for (const PublishedValue& value : published) {
    if (value.arm == value.baseline) continue;  // 0 by definition
    const bool difference = !value.baseline.empty();
    const Estimate ours = OursFor(value, results);
    const std::string text = WithInterval(ours, std::min(4, DecimalsFor({ours})), difference);
    const std::string place = !std::isfinite(ours.half_width) ? "open: one seed of ours has no interval"
                              : value.value < ours.low()      ? "below our interval"
                              : value.value > ours.high()     ? "above our interval"
                                                              : "inside our interval";
    table.rows.push_back({value.arm, difference ? "difference to " + value.baseline : value.quantity, value.value,
                          ours.n == 0 ? store::Value(WhatIsMissing(value, results)) : store::Value(text), int64_t{ours.n},
                          ours.n == 0 ? store::Value() : store::Value(place), value.source});
  }
  return table;
}

}  // namespace ablate::analysis
