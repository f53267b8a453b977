// CSV, TSV and Markdown: one line a row, every digit kept. See analysis/table.h for what becomes of NULL and of odd text.
#pragma once

#include <string>
#include <vector>

#include "analysis/table.h"

namespace ablate::analysis {

// What the three share: cells joined by a delimiter.
class DelimitedTable : public TableWriter {
 public:
  void Begin(const std::vector<std::string>& columns, std::string* out) override;
  void Row(const std::vector<store::Value>& values, std::string* out) override;
  void End(std::string*) override {}

 protected:
  DelimitedTable(bool terminal, std::string before, std::string between, std::string behind);
  virtual std::string Quoted(const std::string& text) const = 0;

 private:
  std::string Cell(const std::string& text) const;
  void AppendLine(const std::vector<std::string>& cells, std::string* out) const;
  const bool terminal_;
  const std::string before_, between_, behind_;
};

class CsvTable : public DelimitedTable {
 public:
  explicit CsvTable(bool terminal) : DelimitedTable(terminal, "", ",", "\r\n") {}

 protected:
  std::string Quoted(const std::string& text) const override;
};

class TsvTable : public DelimitedTable {
 public:
  explicit TsvTable(bool terminal) : DelimitedTable(terminal, "", "\t", "\n") {}

 protected:
  std::string Quoted(const std::string& text) const override;
};

class MarkdownTable : public DelimitedTable {
 public:
  explicit MarkdownTable(bool terminal) : DelimitedTable(terminal, "| ", " | ", " |\n") {}
  void Begin(const std::vector<std::string>& columns, std::string* out) override;

 protected:
  std::string Quoted(const std::string& text) const override;
};

}  // namespace ablate::analysis
