// Which heads find syntactic relations (Voita et al. 2019, arXiv:1905.09418; Clark et al. 2019, arXiv:1906.04341): how often
// the word that a head attends most, of the sentence's other words, is the other end of the relation. Beside it what knows
// nothing of the sentence gets right: the best fixed offset of each relation, and a word drawn evenly.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "lib/tasks/data/treebank.h"
#include "proto/event.pb.h"

namespace ablate::attribution {

class Relations {
 public:
  // To be called once for each sentence. Sentences of one word have no pairs.
  void AddSentence(const tasks::DependencyTree& tree);

  // `map` [words, words] of a head. Among equal weights the first word is the strongest; without any weight on another word
  // nothing is found.
  void AddMap(const tasks::DependencyTree& tree, int layer, int head, const std::vector<double>& map);

  // Appends accuracies and baselines. `attention`: "encoder", ...
  void Write(const std::string& attention, EvaluationResult& result) const;

 private:
  using Name = std::pair<std::string, std::string>;  // relation, direction
  struct Baseline {
    uint64_t pairs = 0;
    double random = 0;                    // sum
    std::map<int32_t, uint64_t> offsets;  // of what is looked for from the query
  };
  std::map<Name, Baseline> baselines_;
  std::map<std::pair<int, int>, std::map<Name, uint64_t>> correct_;  // by layer and head
};

}  // namespace ablate::attribution
