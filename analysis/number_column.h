// How the numbers of one column are written for a reader: as many decimals as tell its values apart, the same in every row.
#pragma once

#include <string>

namespace ablate::analysis {

class NumberColumn {
 public:
  // Takes a value of the column into account; call for all rows that are at hand before Text.
  void Add(double value);

  // About four significant digits of the column's largest value, fewer where all values need fewer; a value that would
  // lose its second digit is written with an exponent. "nan", "inf", "-inf".
  std::string Text(double value) const;

 private:
  int Decimals() const;
  double largest_ = 0;
  int decimals_needed_ = 0;
};

}  // namespace ablate::analysis
