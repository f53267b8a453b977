// The attention maps of one example in one layer without their padding, rows divided by their sums.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lib/statistics/example_measure.h"

namespace ablate::statistics {

struct DenseMaps {
  size_t heads = 0;
  std::vector<size_t> query_places, key_places;  // of rows and columns: positions in the padded sequence
  std::vector<double> pi;                        // [heads, rows, columns]; rows without mass are 0
  std::vector<uint8_t> support;                  // the same, 0 or 1

  size_t rows() const { return query_places.size(); }
  size_t columns() const { return key_places.size(); }
  const double* Row(size_t head, size_t row) const { return pi.data() + (head * rows() + row) * columns(); }
  const uint8_t* Support(size_t head) const { return support.data() + head * rows() * columns(); }
};

DenseMaps WithoutPadding(const ExampleMaps& maps);

// sum of x; 0 or 1 for a row of pi, up to rounding.
double Mass(const double* row, size_t columns);

// -sum x log x in nats, of a row that sums to 1.
double Entropy(const double* row, size_t columns);

}  // namespace ablate::statistics
