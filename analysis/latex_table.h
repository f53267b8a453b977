// LaTeX, with the rules of the package booktabs. See analysis/table.h for what becomes of NULL and of odd text.
#pragma once

#include <string>
#include <vector>

#include "analysis/table.h"

namespace ablate::analysis {

class LatexTable : public TableWriter {
 public:
  explicit LatexTable(bool terminal) : terminal_(terminal) {}
  void Begin(const std::vector<std::string>& columns, std::string* out) override;
  void Row(const std::vector<store::Value>& values, std::string* out) override;
  void End(std::string* out) override;

 private:
  void AppendHeader(const std::vector<store::Value>& first, std::string* out);  // columns are aligned as the first row is
  std::string Cell(const std::string& text) const;
  const bool terminal_;
  std::vector<std::string> columns_;
  bool began_ = false;
};

}  // namespace ablate::analysis
