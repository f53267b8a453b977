#include "lib/statistics/full/rollout.h"

#include <cmath>

namespace ablate::statistics {
namespace {

// [n, n]: (mean over heads of pi + I) / 2.
std::vector<double> WithResidual(const DenseMaps& maps) {
  const size_t n = maps.rows();
  const double share = 0.5 / static_cast<double>(maps.heads);
  std::vector<double> mixed(n * n, 0);
  for (size_t row = 0; row < n; ++row) {
    mixed[row * n + row] = 0.5;
    for (size_t head = 0; head < maps.heads; ++head) {
      const double* const pi = maps.Row(head, row);
      if (Mass(pi, n) == 0) mixed[row * n + row] += share;
      for (size_t key = 0; key < n; ++key) mixed[row * n + key] += share * pi[key];
    }
  }
  return mixed;
}

}  // namespace

void Rollout::Add(const DenseMaps& maps) {
  const std::vector<double> mixed = WithResidual(maps);
  if (matrix_.empty()) {
    tokens_ = maps.rows();
    matrix_ = mixed;
    return;
  }
  std::vector<double> product(matrix_.size(), 0);
  for (size_t row = 0; row < tokens_; ++row) {
    for (size_t middle = 0; middle < tokens_; ++middle) {
      const double weight = mixed[row * tokens_ + middle];
      if (weight == 0) continue;
      for (size_t key = 0; key < tokens_; ++key) product[row * tokens_ + key] += weight * matrix_[middle * tokens_ + key];
    }
  }
  matrix_ = std::move(product);
}

double Rollout::EffectiveReceptiveField() const {
  double sum = 0;
  for (size_t row = 0; row < tokens_; ++row) sum += std::exp(Entropy(matrix_.data() + row * tokens_, tokens_));
  return sum / static_cast<double>(tokens_);
}

}  // namespace ablate::statistics
