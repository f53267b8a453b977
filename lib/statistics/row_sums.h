// Sums over one row of weights, several keys at a time. The same bits on every CPU type: lanes are fixed, and products are not
// fused with sums.
#pragma once

#include <cstddef>

namespace ablate::statistics {

// Rows are padded with zeros to a multiple of this.
inline constexpr size_t kRowLanes = 8;

inline size_t PaddedRow(size_t keys) { return (keys + kRowLanes - 1) / kRowLanes * kRowLanes; }

struct RowSums {
  double mass = 0;     // sum of x
  double x_log_x = 0;  // sum of x log x in nats, 0 log 0 = 0; each logarithm to 4e-15 relative
  double largest = 0;
};

// x [padded], x >= 0; 0 or at least 1e-300. A NaN or infinity makes `mass` NaN or infinite.
RowSums SumRow(const double* x, size_t padded);

// SumRow as on a CPU without AVX2: for tests.
RowSums SumRowPortably(const double* x, size_t padded);

// sums [padded] += x * scale.
void AddScaled(const double* x, double scale, size_t padded, double* sums);

}  // namespace ablate::statistics
