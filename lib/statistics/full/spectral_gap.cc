#include "lib/statistics/full/spectral_gap.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/linalg_svdvals.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>

namespace ablate::statistics {
namespace {

std::vector<size_t> NotZero(const std::vector<double>& degrees) {
  std::vector<size_t> places;
  for (size_t i = 0; i < degrees.size(); ++i) {
    if (degrees[i] > 0) places.push_back(i);
  }
  return places;
}

}  // namespace

double SpectralGap(const std::vector<uint8_t>& connections, size_t rows, size_t columns) {
  std::vector<double> out(rows, 0), in(columns, 0);
  for (size_t i = 0; i < connections.size(); ++i) {
    out[i / columns] += connections[i];
    in[i % columns] += connections[i];
  }
  const std::vector<size_t> row_places = NotZero(out), column_places = NotZero(in);
  if (row_places.size() < 2 || column_places.size() < 2) return 1;
  const auto height = static_cast<int64_t>(row_places.size()), width = static_cast<int64_t>(column_places.size());
  at::Tensor normalized = at::zeros({height, width}, at::kDouble);
  double* next = normalized.mutable_data_ptr<double>();
  for (const size_t row : row_places) {
    for (const size_t column : column_places) {
      *next++ = connections[row * columns + column] / std::sqrt(out[row] * in[column]);
    }
  }
  const at::Tensor values = at::linalg_svdvals(normalized);  // descending
  return std::clamp(1 - values.const_data_ptr<double>()[1], 0.0, 1.0);
}

}  // namespace ablate::statistics
