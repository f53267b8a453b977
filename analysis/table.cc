#include "analysis/table.h"

#include "analysis/aligned_table.h"
#include "analysis/delimited_table.h"
#include "analysis/json_table.h"
#include "analysis/latex_table.h"
#include "fmt/format.h"
#include "lib/base/text.h"

namespace ablate::analysis {
namespace {

const std::vector<std::string>& FormatNames() {  // in the order of Format
  static const auto& names = *new std::vector<std::string>{"table", "csv", "tsv", "json", "jsonl", "markdown", "latex"};
  return names;
}

}  // namespace

absl::StatusOr<Format> ParseFormat(std::string_view name) {
  for (size_t i = 0; i < FormatNames().size(); ++i) {
    if (name == FormatNames()[i]) return static_cast<Format>(i);
  }
  return absl::InvalidArgumentError(
      fmt::format("\"{}\" is none of table, csv, tsv, json, jsonl, markdown, latex{}", name, DidYouMean(name, FormatNames())));
}

std::unique_ptr<TableWriter> MakeTableWriter(Format format, const TableOptions& options) {
  switch (format) {
    case Format::kTable:
      return std::make_unique<AlignedTable>(options.width);
    case Format::kCsv:
      return std::make_unique<CsvTable>(options.terminal);
    case Format::kTsv:
      return std::make_unique<TsvTable>(options.terminal);
    case Format::kMarkdown:
      return std::make_unique<MarkdownTable>(options.terminal);
    case Format::kLatex:
      return std::make_unique<LatexTable>(options.terminal);
    case Format::kJson:
      return std::make_unique<JsonTable>(options.context);
    case Format::kJsonl:
      break;
  }
  return std::make_unique<JsonLinesTable>();
}

std::string FormatTable(const store::Table& table, Format format, const TableOptions& options) {
  std::string out;
  const std::unique_ptr<TableWriter> writer = MakeTableWriter(format, options);
  writer->Begin(table.columns, &out);
  for (const std::vector<store::Value>& row : table.rows) writer->Row(row, &out);
  writer->End(&out);
  return out;
}

}  // namespace ablate::analysis
