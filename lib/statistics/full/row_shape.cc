#include "lib/statistics/full/row_shape.h"

#include <algorithm>
#include <cmath>

namespace ablate::statistics {

double Gini(std::vector<double> weights) {
  std::sort(weights.begin(), weights.end());
  const auto n = static_cast<double>(weights.size());
  double sum = 0;
  for (size_t i = 0; i < weights.size(); ++i) sum += (2 * static_cast<double>(i + 1) - n - 1) * weights[i];
  return sum / (n - 1);
}

void AddRowShape(const DenseMaps& maps, size_t head, Means& means) {
  const size_t n = maps.columns();
  for (size_t row = 0; row < maps.rows(); ++row) {
    const uint8_t* const support = maps.Support(head) + row * n;
    means.Add("single_key_rows", std::count(support, support + n, 1) == 1);
    const double* const pi = maps.Row(head, row);
    if (Mass(pi, n) == 0) continue;
    means.Add("effective_keys", std::exp(Entropy(pi, n)));
    if (n > 1) means.Add("gini", Gini(std::vector<double>(pi, pi + n)));
  }
}

}  // namespace ablate::statistics
