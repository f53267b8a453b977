// Where a row's weights lie, seen from its own place: of self-attention, whose queries and keys are the same tokens.
#pragma once

#include "lib/statistics/full/dense_maps.h"
#include "lib/statistics/full/means.h"

namespace ablate::statistics {

// Of each row of a head with mass: distance (sum of pi |key - query|), farthest_key (largest distance in the support),
// left_mass, right_mass, first_token_mass, and mass_at_-2 to mass_at_+2 (at the key so far right of the query; 0 where there is
// none).
void AddDistances(const DenseMaps& maps, size_t head, Means& means);

}  // namespace ablate::statistics
