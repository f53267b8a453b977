// What models there are. Torch-free.
#pragma once

#include <string>
#include <vector>

#include "proto/trial.pb.h"

namespace ablate::models {

struct Entry {
  std::string name;     // the oneof's field name: "encoder"
  std::string summary;  // one line for `ablate list models`
  std::string paper;
};

// Alphabetical.
const std::vector<Entry>& Catalogue();

// The catalogue's entry name of a model; "" if none is set.
std::string ModelName(const Model& model);

}  // namespace ablate::models
