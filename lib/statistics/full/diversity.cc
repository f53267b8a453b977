#include "lib/statistics/full/diversity.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace ablate::statistics {
namespace {

// H(mean of the rows) - mean of H(row).
double JensenShannon(const std::vector<const double*>& rows, size_t columns) {
  const auto count = static_cast<double>(rows.size());
  std::vector<double> mixture(columns, 0);
  double entropies = 0;
  for (const double* row : rows) {
    for (size_t i = 0; i < columns; ++i) mixture[i] += row[i] / count;
    entropies += Entropy(row, columns);
  }
  return std::max(0.0, Entropy(mixture.data(), columns) - entropies / count);  // below 0 by rounding only
}

}  // namespace

void AddDiversity(const DenseMaps& maps, Means& means) {
  const size_t n = maps.columns();
  for (size_t row = 0; row < maps.rows(); ++row) {
    std::vector<const double*> rows;
    for (size_t head = 0; head < maps.heads; ++head) {
      if (Mass(maps.Row(head, row), n) > 0) rows.push_back(maps.Row(head, row));
    }
    if (rows.size() < 2) continue;
    means.Add("js_share", JensenShannon(rows, n) / std::log(static_cast<double>(rows.size())));
    double sum = 0, pairs = 0;
    for (size_t a = 0; a < rows.size(); ++a) {
      for (size_t b = 0; b < a; ++b, ++pairs) sum += JensenShannon({rows[a], rows[b]}, n);
    }
    means.Add("js_pairwise", sum / pairs);
  }
}

}  // namespace ablate::statistics
