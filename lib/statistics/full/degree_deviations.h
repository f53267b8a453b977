// How far degrees are from the ones that balance asks for.
#pragma once

#include <cstddef>

#include "lib/statistics/full/dense_maps.h"
#include "lib/statistics/full/means.h"
#include "lib/statistics/regularity.h"

namespace ablate::statistics {

// Of one example and head, rows ("out") and columns ("in") apart: {out,in}_degree_rms, the root of the mean square of degree -
// target, and {out,in}_degree_off, the largest absolute difference. A target of 0: the example's mean degree, rounded. Unit:
// keys, or rows.
void AddDegreeDeviations(const DenseMaps& maps, size_t head, const DegreeTargets& targets, Means& means);

}  // namespace ablate::statistics
