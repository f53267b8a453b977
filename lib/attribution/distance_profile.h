// Whether an attribution follows the tree: the share of a word's attribution that goes to words so many edges away.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "lib/tasks/data/treebank.h"
#include "proto/event.pb.h"

namespace ablate::attribution {

class DistanceProfile {
 public:
  // `map` [words, words] of a sentence, not below 0. A word's own place is left out and the rest of its row divided by its sum;
  // rows without any weight are left out.
  void Add(const tasks::DependencyTree& tree, const std::vector<double>& map);

  // Appends a row for each distance: mean share; what it would be if shares depended on the offset between the words alone, by
  // this profile's own mean share at each signed offset; and what it would be if all other words had the same.
  void Write(const std::string& method, EvaluationResult& result) const;

 private:
  struct Sum {
    uint64_t pairs = 0;
    double share = 0, even = 0;
  };
  std::map<int32_t, Sum> by_distance_, by_offset_;
  std::map<std::pair<int32_t, int32_t>, uint64_t> pairs_;  // by (distance, offset)
};

}  // namespace ablate::attribution
