// Sentences with their dependency trees, from CoNLL-U files (https://universaldependencies.org/format.html).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace ablate::tasks {

struct DependencyWord {
  std::string form;
  int32_t head = -1;     // place of its syntactic head in the sentence; -1: it is the root
  std::string relation;  // to its head, without a subtype: "nsubj" of "nsubj:pass"
};

// Of at least one word; every word leads to the root.
using DependencyTree = std::vector<DependencyWord>;

// All sentences of a file (also .gz). Syntactic words alone: lines of multi-word tokens ("3-4") and empty nodes ("8.1") are
// skipped. NotFound if it is missing; InvalidArgument "path:line: what was seen, what is allowed" where it is not CoNLL-U.
absl::StatusOr<std::vector<DependencyTree>> ReadTreebank(const std::string& path);

// [words, words]: edges on the way between two words of a tree.
std::vector<int32_t> TreeDistances(const DependencyTree& tree);

}  // namespace ablate::tasks
