// Rows of a query as text: tables for people, and formats that other programs read without losing a digit.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/store/reader.h"

namespace ablate::analysis {

//            numbers                     NULL      nan, inf                          text
// kTable     rounded for reading         "-"       nan, inf                          controls escaped, wrapped
// kCsv       all digits (round trip)     empty     nan, inf                          RFC 4180; the empty text is ""
// kTsv       all digits                  empty     nan, inf                          \t, \n, \r, \\ for what would break a row
// kJson      all digits                  null      "NaN", "Infinity", "-Infinity"    \u00XX; U+FFFD for what is not UTF-8
// kJsonl     as kJson, one object a line, without the context
// kMarkdown  all digits                  empty     nan, inf                          \| and <br>
// kLatex     all digits                  --        nan, inf                          \_, \&, ..., a space for a line's end
enum class Format { kTable, kCsv, kTsv, kJson, kJsonl, kMarkdown, kLatex };

// "table", "csv", "tsv", "json", "jsonl", "markdown", "latex"; InvalidArgument with these names otherwise.
absl::StatusOr<Format> ParseFormat(std::string_view name);

struct TableOptions {
  int width = 80;         // kTable: columns of the terminal
  bool terminal = false;  // the output goes to a terminal: control characters of data are escaped in every format
  std::vector<std::pair<std::string, std::string>> context = {};  // kJson: where the rows come from
};

// Appends the text of one result to strings that the caller writes out. Begin once, Row for each row, End once. Holds at most
// the first 1000 rows, from which a table's layout is made; where later ones are wider text is wrapped and numbers stay whole.
class TableWriter {
 public:
  virtual ~TableWriter() = default;
  virtual void Begin(const std::vector<std::string>& columns, std::string* out) = 0;
  virtual void Row(const std::vector<store::Value>& values, std::string* out) = 0;
  virtual void End(std::string* out) = 0;
};

std::unique_ptr<TableWriter> MakeTableWriter(Format format, const TableOptions& options);

// A whole table at once.
std::string FormatTable(const store::Table& table, Format format, const TableOptions& options = {});

}  // namespace ablate::analysis
