// What normalizers there are: names, papers, which fields each reads, what it learns, and what holds for its rows. Torch-free.
#pragma once

#include <string>
#include <vector>

namespace ablate::normalizers {

// A parameter that training moves: each layer has one, with a slice for each trial. (Learned alphas are apart: a field says
// whether they are learned, and they go through a sigmoid.)
struct LearnedParameter {
  std::string name;         // "sink": "layers.0.attention.sink" of the model
  std::string start_field;  // field of Attention with its value before training; "": 0
  bool per_input;           // [H, W], weights of what the queries are projected from; else [H], a number per head
};

// What a row of unmasked keys sums to. (A row without keys is zeros, whatever the normalizer.)
enum class RowSum { kOne, kAtMostOne, kAnything };

struct Entry {
  std::string name;                           // registry key = proto-text value = SQL value
  std::string summary;                        // one line for `ablate list normalizers`
  std::string paper;                          // "Peters, Niculae, Martins 2019, arXiv:1905.05702"
  std::vector<std::string> reads;             // fields of Attention that it reads: {"alpha", "alpha_learned"}
  bool sparse;                                // can give exact zeros to unmasked keys; else its support is all unmasked keys
  bool has_threshold;                         // balance can be used with it
  RowSum row_sum = RowSum::kOne;              // rows with keys
  bool shift_invariant = true;                // the same number added to all scores of a query changes nothing
  bool couples_rows = false;                  // a row depends on the other queries of its example and head
  std::vector<LearnedParameter> learns = {};  // beside alpha
};

// Alphabetical.
const std::vector<Entry>& Catalogue();

// Null if there is none of that name.
const Entry* FindEntry(const std::string& name);

// Whether the normalizer of that name reads this field of Attention.
bool Reads(const std::string& name, const std::string& field);

}  // namespace ablate::normalizers
