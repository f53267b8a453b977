#include "lib/tasks/data/rows.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "fmt/format.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/base/text.h"
#include "lib/tasks/data/head.h"
#include "lib/tasks/data/json_row.h"
#include "lib/tasks/data/row.h"
#include "lib/tasks/data/tsv_row.h"

namespace ablate::tasks {
namespace {

constexpr uint64_t kMaxFileBytes = uint64_t{2} << 30;
constexpr size_t kMaxLineBytes = size_t{1} << 20;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

enum class Format { kTsv, kJsonLines };

absl::StatusOr<Format> FormatOf(const std::string& path) {
  const absl::string_view name = absl::StripSuffix(path, ".gz");
  if (absl::EndsWith(name, ".tsv")) return Format::kTsv;
  if (absl::EndsWith(name, ".jsonl")) return Format::kJsonLines;
  return absl::InvalidArgumentError(
      fmt::format("{}: no known format; the name must end in .tsv, .jsonl, .tsv.gz or .jsonl.gz", path));
}

absl::Status CheckUtf8(const std::string& path, std::string_view content) {
  size_t offset = 0;
  if (IsUtf8(content, &offset)) return absl::OkStatus();
  const int64_t line = 1 + std::count(content.begin(), content.begin() + offset, '\n');
  const size_t line_start = content.rfind('\n', offset) + 1;  // npos + 1 is 0
  return RowError(path, line,
                  fmt::format("not UTF-8: byte {} of the line is 0x{:02X}", offset - line_start + 1,
                              static_cast<unsigned char>(content[offset])));
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

// `content` is whole lines; the last one may lack its line end.
absl::StatusOr<std::vector<Row>> ParseRows(const std::string& path, const Columns& columns, std::string_view content) {
  ASSIGN_OR_RETURN(const Format format, FormatOf(path));
  RETURN_IF_ERROR(CheckUtf8(path, content));
  if (content.substr(0, kByteOrderMark.size()) == kByteOrderMark) content.remove_prefix(kByteOrderMark.size());
  std::vector<Row> rows;
  TsvColumns tsv;
  for (int64_t line = 1; !content.empty(); ++line) {
    std::string_view text = content.substr(0, content.find('\n'));
    content.remove_prefix(std::min(content.size(), text.size() + 1));
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    if (text.size() > kMaxLineBytes) {
      return absl::OutOfRangeError(
          fmt::format("{}:{}: {} bytes; at most {} are allowed", path, line, text.size(), kMaxLineBytes));
    }
    if (format == Format::kTsv && line == 1) {
      ASSIGN_OR_RETURN(tsv, ReadTsvHeader(path, columns, text));
      continue;
    }
    Row row;
    row.line = line;
    RETURN_IF_ERROR(format == Format::kTsv ? ReadTsvRow(path, tsv, text, row) : ReadJsonRow(path, columns, text, row));
    RETURN_IF_ERROR(CheckRow(path, columns, row));
    rows.push_back(std::move(row));
  }
  if (rows.empty()) return absl::InvalidArgumentError(fmt::format("{}: no rows", path));
  return rows;
}

}  // namespace

absl::StatusOr<std::vector<Row>> ReadRows(const std::string& path, const Columns& columns) {
  RETURN_IF_ERROR(FormatOf(path).status());
  ASSIGN_OR_RETURN(const std::string content, ReadMaybeGzipped(path, kMaxFileBytes));
  return ParseRows(path, columns, content);
}

absl::Status CheckFirstRows(const std::string& path, const Columns& columns) {
  RETURN_IF_ERROR(FormatOf(path).status());
  ASSIGN_OR_RETURN(const std::string content, ReadFirstLines(path, 2, 2 * kMaxLineBytes));
  return ParseRows(path, columns, content).status();
}

}  // namespace ablate::tasks
