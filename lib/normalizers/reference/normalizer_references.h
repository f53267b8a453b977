// Every normalizer of the catalogue once more, in double and by its formula: what the fast ones are compared with.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "proto/trial.pb.h"

namespace ablate::normalizers {

using ReferenceRows = std::vector<std::vector<double>>;

// One head of one trial.
struct ReferenceHead {
  Attention settings;
  double alpha_minus_one = 0;
  std::map<std::string, std::vector<double>> learned;  // by the catalogue's names: one number, or W weights
};

// scores [Q][K] of one example, -inf = masked, each finite one below 700 in size where the normalizer is sinkhorn. inputs
// [Q][W] are what queries are projected from, keys_of_queries the keys that each query may attend: of normalizers that hook
// queries. Probabilities [Q][K]; empty for a name that there is no reference for.
ReferenceRows ReferenceProbabilities(const ReferenceHead& head, const ReferenceRows& scores, const ReferenceRows& inputs,
                                     const std::vector<int64_t>& keys_of_queries);

}  // namespace ablate::normalizers
