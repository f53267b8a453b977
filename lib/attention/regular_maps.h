// K-regular graphs of attention maps, and scores whose support is one. Made on the CPU whatever the device: it takes paths
// through each map (regular_graph.h).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "proto/trial.pb.h"

namespace ablate::attention {

struct RegularMaps {
  at::Tensor graph;       // [G, B, H, Q, K] bool
  at::Tensor offsets;     // [G, B, H, 1, K] f64: of keys
  at::Tensor thresholds;  // [G, B, H, Q, 1] f64: of queries; score - offset is above it in the graph alone, where the graph is
                          // regular
};

struct MapOptions {
  bool columns = true;  // keys have targets too
  int64_t rounds = 0;   // 0: the graph is solved for; else only so many alternations between queries and keys
  bool solve = true;    // with rounds > 0: whether paths are sought after them
};

// scores [G, B, H, Q, K], -inf = masked; targets [G, B] int64: K. Nothing carries a gradient. Maps with a NaN have empty
// graphs.
RegularMaps FindRegularMaps(const at::Tensor& scores, const at::Tensor& targets, const MapOptions& options);

// Scores that give a sparse normalizer the support that the settings' form of balance asks for, differentiable as they say.
// settings [G], BalancedTogether; alpha_minus_one [G, H], or undefined for normalizers that are sparsemax of their scores.
//   ORACLE_*    masked but for the graph; a query's scores are multiplied by at most 1, so far that all of its K stay
//   PROJECTION  s (z - v - u): offsets v of keys, thresholds u and scales s of queries, with which exactly the graph is above
//               the normalizer's threshold. Where all of a query's pairs belong to the graph, s is at most 1.
// `project`: as PROJECTION whatever the form.
at::Tensor RegularScores(const at::Tensor& scores, const at::Tensor& targets, const at::Tensor& alpha_minus_one,
                         const std::vector<Attention>& settings, bool project);

}  // namespace ablate::attention
