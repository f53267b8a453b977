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

  // Appends a row for each distance: mean share; what it would be if shares depended on the offset between the words alone; and
  // what it would be if all other words had the same. By offset, a share is the sentence's even share times this profile's mean
  // of share / even share at that signed offset: far distances occur in long sentences, whose shares are small anyway, so
  // shares of sentences of all lengths are not to be averaged. Even attention then has the three equal at each distance.
  void Write(const std::string& method, EvaluationResult& result) const;

 private:
  struct Sum {
    uint64_t pairs = 0;
    double share = 0, even = 0;
  };
  struct Lift {
    uint64_t pairs = 0;
    double sum = 0;  // of shares over the even ones
  };
  std::map<int32_t, Sum> by_distance_;
  std::map<int32_t, Lift> by_offset_;
  std::map<std::pair<int32_t, int32_t>, double> even_;  // sums by (distance, offset)
};

}  // namespace ablate::attribution
