// What attributions there are: definition, unit, range, source of each. Torch-free.
#pragma once

#include <string>
#include <vector>

namespace ablate::attribution {

// What is attributed to the input's tokens.
enum class Of {
  kPrediction,  // the score of the class that the trial predicts: a number for each token
  kEachToken,   // each token's state behind the last layer: a matrix, a row for each token
};

struct Entry {
  std::string name;  // "attention_rollout"
  Of of;
  std::string definition;  // one line
  std::string unit;        // "share", "logits"
  std::string range;       // "[0, 1]"
  std::string source;      // paper
};

// Alphabetical.
const std::vector<Entry>& Catalogue();

}  // namespace ablate::attribution
