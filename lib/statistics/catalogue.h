// What statistics there are: definition, unit, range, source of each. Torch-free.
#pragma once

#include <string>
#include <vector>

namespace ablate::statistics {

struct Entry {
  std::string name;        // "density"
  std::string level;       // "head" or "layer"
  std::string definition;  // one line
  std::string unit;        // "share", "keys", "nats", ...
  std::string range;       // "[0, 1]"
  std::string source;      // paper, or "this project"
};

// Alphabetical. All but "alpha", "imposed_share", "length_scale" and "sink", which training logs, come from
// AttentionStatisticsAccumulator, at each evaluation, or FullStatisticsAccumulator, for `ablate analyze`. Words used: a row is
// a valid query, a column a valid key; padding never counts; n is the number of an example's valid keys; pi is a row of
// probabilities divided by its sum.
const std::vector<Entry>& Catalogue();

}  // namespace ablate::statistics
