#include "lib/tasks/data/rows.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "fmt/format.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/tasks/data/head.h"
#include "lib/tasks/data/json_row.h"
#include "lib/tasks/data/row.h"
#include "lib/tasks/data/tsv_row.h"

namespace ablate::tasks {
namespace {

constexpr uint64_t kMaxFileBytes = uint64_t{2} << 30;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

enum class Kind { kTsv, kJsonLines, kJson };

absl::StatusOr<Kind> KindOf(const std::string& path) {
  const absl::string_view name = absl::StripSuffix(path, ".gz");
  if (absl::EndsWith(name, ".tsv")) return Kind::kTsv;
  if (absl::EndsWith(name, ".jsonl")) return Kind::kJsonLines;
  if (absl::EndsWith(name, ".json")) return Kind::kJson;
  return absl::InvalidArgumentError(
      fmt::format("{}: no known format; the name must end in .tsv, .jsonl or .json, or in one of these and .gz", path));
}

absl::Status CheckRow(const std::string& path, const Columns& columns, const Row& row) {
  const auto empty = [&](std::string_view what, const std::string& column) {
    return RowError(path, row.line, fmt::format("{} (\"{}\") is empty", what, column));
  };
  if (row.text.empty()) return empty("the text", columns.text);
  if (row.label.empty()) return empty("the label", columns.label);
  if (!columns.second_text.empty() && row.second_text.empty()) return empty("the second text", columns.second_text);
  return absl::OkStatus();
}

// Takes a row's text from the front of `content`, without its line end.
std::string_view TakeRow(bool quoted, std::string_view& content) {
  std::string_view text = content.substr(0, quoted ? EndOfQuotedRow(content.substr(0, kMaxRowBytes)) : content.find('\n'));
  content.remove_prefix(std::min(content.size(), text.size() + 1));
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  return text;
}

class Parser {
 public:
  Parser(const std::string& path, const RowFormat& format, Kind kind) : path_(path), format_(format), kind_(kind) {}

  // `content` is whole lines; the last one may lack its line end.
  absl::StatusOr<std::vector<Row>> Parse(std::string_view content, BadRows& bad) {
    if (content.substr(0, kByteOrderMark.size()) == kByteOrderMark) content.remove_prefix(kByteOrderMark.size());
    if (kind_ == Kind::kJson) return ParseList(content, bad);
    int64_t line = 1;
    if (kind_ == Kind::kTsv && !content.empty()) {
      const std::string_view header = TakeRow(false, content);
      RETURN_IF_ERROR(CheckRowText(path_, line, header));
      ASSIGN_OR_RETURN(tsv_, ReadTsvHeader(path_, format_, header));
      ++line;
    }
    std::vector<Row> rows;
    while (!content.empty()) {
      const std::string_view text = TakeRow(kind_ == Kind::kTsv && format_.quoted, content);
      RETURN_IF_ERROR(AddRow(line, text, bad, rows));
      line += 1 + std::count(text.begin(), text.end(), '\n');
    }
    return rows;
  }

 private:
  absl::StatusOr<std::vector<Row>> ParseList(std::string_view content, BadRows& bad) const {
    ASSIGN_OR_RETURN(const std::vector<std::string> records, JsonRecords(path_, format_.json_key, content));
    std::vector<Row> rows;
    for (size_t i = 0; i < records.size(); ++i) {
      RETURN_IF_ERROR(AddRow(static_cast<int64_t>(i + 1), records[i], bad, rows));
    }
    return rows;
  }

  absl::Status AddRow(int64_t line, std::string_view text, BadRows& bad, std::vector<Row>& rows) const {
    absl::StatusOr<Row> row = ParseRow(line, text);
    if (!row.ok()) return bad.Meet(row.status());
    if (format_.ignored_label.empty() || row->label != format_.ignored_label) rows.push_back(*std::move(row));
    return absl::OkStatus();
  }

  absl::StatusOr<Row> ParseRow(int64_t line, std::string_view text) const {
    RETURN_IF_ERROR(CheckRowText(path_, line, text));
    Row row;
    row.line = line;
    RETURN_IF_ERROR(kind_ == Kind::kTsv ? ReadTsvRow(path_, tsv_, text, row) : ReadJsonRow(path_, format_.columns, text, row));
    RETURN_IF_ERROR(CheckRow(path_, format_.columns, row));
    return row;
  }

  const std::string& path_;
  const RowFormat& format_;
  const Kind kind_;
  TsvColumns tsv_;
};

}  // namespace

absl::StatusOr<std::vector<Row>> ReadRows(const std::string& path, const RowFormat& format, BadRows& bad) {
  ASSIGN_OR_RETURN(const Kind kind, KindOf(path));
  ASSIGN_OR_RETURN(const std::string content, ReadMaybeGzipped(path, kMaxFileBytes));
  ASSIGN_OR_RETURN(std::vector<Row> rows, Parser(path, format, kind).Parse(content, bad));
  if (!rows.empty()) return rows;
  return absl::InvalidArgumentError(
      fmt::format("{}: no rows{}", path, bad.count() > 0 ? fmt::format(" that can be used; {}", bad.first()) : ""));
}

absl::Status CheckFirstRows(const std::string& path, const RowFormat& format, BadRows& bad) {
  ASSIGN_OR_RETURN(const Kind kind, KindOf(path));
  if (kind == Kind::kJson) return ReadRows(path, format, bad).status();
  const bool header_only = kind == Kind::kTsv && format.quoted;  // a quoted row may take any number of lines
  ASSIGN_OR_RETURN(const std::string content, ReadFirstLines(path, header_only ? 1 : 2, 2 * kMaxRowBytes));
  ASSIGN_OR_RETURN(const std::vector<Row> rows, Parser(path, format, kind).Parse(content, bad));
  if (!rows.empty() || bad.count() > 0 || !format.ignored_label.empty() || (header_only && !content.empty())) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(fmt::format("{}: no rows", path));
}

}  // namespace ablate::tasks
