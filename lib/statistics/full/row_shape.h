// How the weights of a row are spread over its keys.
#pragma once

#include "lib/statistics/full/dense_maps.h"
#include "lib/statistics/full/means.h"

namespace ablate::statistics {

// Of each row of a head with mass: effective_keys, gini (of more than one key); of each row: single_key_rows.
void AddRowShape(const DenseMaps& maps, size_t head, Means& means);

// Gini coefficient of n >= 2 weights x >= 0 that sum to 1, zeros included, times n / (n - 1): 0 for even weights, 1 for all on
// one key. sum_i (2 i - n - 1) x_(i) / n, x ascending, i from 1 (Gini 1912).
double Gini(std::vector<double> weights);

}  // namespace ablate::statistics
