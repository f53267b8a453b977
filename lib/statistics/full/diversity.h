// How differently the heads of a layer look.
#pragma once

#include "lib/statistics/full/dense_maps.h"
#include "lib/statistics/full/means.h"

namespace ablate::statistics {

// Of each row in which at least two heads have mass: js_pairwise, the mean over their pairs of the Jensen-Shannon divergence in
// nats, [0, log 2]; js_share, the divergence of all of them divided by the log of their number, [0, 1]
// (Adaptively Sparse Transformers, arXiv:1909.00015).
void AddDiversity(const DenseMaps& maps, Means& means);

}  // namespace ablate::statistics
