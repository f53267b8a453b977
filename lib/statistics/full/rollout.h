// Attention rollout (Abnar, Zuidema 2020, arXiv:2005.00928).
#pragma once

#include <vector>

#include "lib/statistics/full/dense_maps.h"

namespace ablate::statistics {

// Of one example, over layers of self-attention from the input on: R_l = (A_l + I) / 2 R_{l-1}, R_0 = I, A_l the mean over
// heads of pi; a row without mass in a head counts there as attending itself.
class Rollout {
 public:
  void Add(const DenseMaps& maps);
  // Mean over tokens of exp H(row of R): tokens that a token is made of, [1, n].
  double EffectiveReceptiveField() const;
  const std::vector<double>& matrix() const { return matrix_; }  // [n, n], rows sum to 1

 private:
  size_t tokens_ = 0;
  std::vector<double> matrix_;
};

}  // namespace ablate::statistics
