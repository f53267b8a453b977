// What normalizers there are: names, papers, and which fields each reads. Torch-free, for lib/spec and the command line.
#pragma once

#include <string>
#include <vector>

namespace ablate::normalizers {

struct Entry {
  std::string name;                // registry key = proto-text value = SQL value
  std::string summary;             // one line for `ablate list normalizers`
  std::string paper;               // "Peters, Niculae, Martins 2019, arXiv:1905.05702"
  std::vector<std::string> reads;  // fields of Attention that it reads: {"alpha", "alpha_learned"}
  bool sparse;                     // can give exact zeros to unmasked keys
  bool has_threshold;              // balance can be used with it
};

// Alphabetical.
const std::vector<Entry>& Catalogue();

}  // namespace ablate::normalizers
