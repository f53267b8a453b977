// The table for people: aligned columns where they fit. Where they don't, columns with the same value in every row are said
// once above; where that isn't enough, one field a line.
#pragma once

#include <string>
#include <vector>

#include "analysis/number_column.h"
#include "analysis/table.h"

namespace ablate::analysis {

class AlignedTable : public TableWriter {
 public:
  explicit AlignedTable(int width) : width_(width) {}
  void Begin(const std::vector<std::string>& columns, std::string* out) override;
  void Row(const std::vector<store::Value>& values, std::string* out) override;
  void End(std::string* out) override;

 private:
  struct Column {
    std::string name;
    bool numeric = true;  // right-aligned: every value is a number or NULL
    NumberColumn numbers;
    int natural = 1;  // width of the widest cell or the name
    int width = 1;    // after shrinking
    int least = 1;    // narrowest that is still readable
  };

  void LayOut(std::string* out);
  void Measure(Column* column, size_t index);
  bool Shrink();                         // false: the columns can't be made to fit
  bool LiftConstants(std::string* out);  // false: nor when columns with one value throughout are said above the table
  std::string Cell(const Column& column, const store::Value& value) const;
  void AppendHeader(std::string* out) const;
  void AppendRow(const std::vector<store::Value>& values, std::string* out);
  void AppendLines(const std::vector<std::vector<std::string>>& cells, bool header, std::string* out) const;
  void AppendRecord(const std::vector<store::Value>& values, std::string* out);

  const int width_;
  std::vector<Column> columns_;
  std::vector<std::vector<store::Value>> waiting_;  // rows that came before the layout was made
  bool laid_out_ = false, records_ = false;
  int name_width_ = 0;
  uint64_t rows_ = 0;
};

}  // namespace ablate::analysis
