// Which tokens could have told a token something after some layers: paths in the graphs of connections.
#pragma once

#include <cstdint>
#include <vector>

#include "lib/statistics/full/dense_maps.h"

namespace ablate::statistics {

// Of one example, over layers of self-attention from the input on: B_l = M_l B_{l-1} in Boolean algebra, M_l = identity (the
// residual connection) or any head's support, B_0 = identity.
class Reach {
 public:
  // The next layer's maps; rows and columns must be the same tokens.
  void Add(const DenseMaps& maps);
  // Pairs (token, token that reaches it) so far over all n^2; a layer that masks the future can reach n (n + 1) / 2 at most.
  double Share() const;
  bool All() const { return Share() == 1; }

 private:
  size_t tokens_ = 0;
  std::vector<std::vector<uint64_t>> reached_;  // of each token, a bit for each token
};

}  // namespace ablate::statistics
