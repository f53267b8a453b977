// Rows that kernels are tried on, and how far results are from the double-precision reference. For the emulated kernels and for
// those on a GPU (tests/gpu).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "lib/normalizers/reference/entmax_reference.h"

namespace ablate::kernels {

struct RowCases {
  int keys;
  std::vector<float> d;                  // alpha - 1 of each row
  std::vector<float> scores, gradients;  // [rows, keys]
};

// A row for each d, of seven kinds in turn: normal, wide, near 1e4, equal, every third key only, no key, half of the keys with
// ties.
inline RowCases MakeRowCases(int keys, const std::vector<float>& d, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  RowCases rows{keys, d, {}, {}};
  for (size_t i = 0; i < d.size() * keys; ++i) {
    const size_t kind = i / keys % 7, key = i % keys;
    float score = normal(random) * (kind == 1 ? 20.f : 1.5f) + (kind == 2 ? 1e4f : 0.f);
    if (kind == 3) score = .25f;
    if (kind == 6) score = std::round(score);
    if ((kind == 4 && key % 3 != 0) || kind == 5 || (kind == 6 && key > static_cast<size_t>(keys) / 2)) score = -INFINITY;
    rows.scores.push_back(score);
    rows.gradients.push_back(normal(random));
  }
  return rows;
}

struct Worst {
  double p = 0, sum = 0, scores = 0, alpha = 0;  // largest errors; alpha's relative to max(1, sum of its terms)
  bool zeros = true;                             // masked keys have p = 0, keys without p no gradient
};

// One row: probabilities against the reference, gradients against the formulas at the given probabilities.
inline void CompareRow(const std::vector<double>& z, const std::vector<double>& g, double d, const std::vector<double>& p,
                       const std::vector<double>& dz, double in_alpha, Worst& worst) {
  const auto exact = normalizers::EntmaxReference(z, d).p;
  const normalizers::EntmaxGradients own = normalizers::EntmaxGradientReference(p, g, d);
  long double sum = 0, mass = 0;  // the comparison's own sum of doubles must not show
  for (size_t i = 0; i < z.size(); ++i) {
    sum += p[i], mass += exact[i];
    worst.p = std::max(worst.p, std::fabs(p[i] - exact[i]));
    worst.scores = std::max(worst.scores, std::fabs(dz[i] - own.scores[i]));
    worst.zeros = worst.zeros && (p[i] > 0 || (p[i] == 0 && dz[i] == 0)) && (z[i] > -INFINITY || p[i] == 0);
  }
  worst.sum = std::max(worst.sum, static_cast<double>(std::fabs(sum - (mass > 0))));
  worst.alpha = std::max(worst.alpha, std::fabs(in_alpha - own.alpha) / std::max(1., own.alpha_scale));
}

}  // namespace ablate::kernels
