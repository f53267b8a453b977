// What the normalizers of an array's trials learn, beside the weights that every trial has. Torch-free.
#pragma once

#include <string>
#include <vector>

#include "proto/trial.pb.h"

namespace ablate::attention {

// Whether the trial's normalizer has an alpha.
bool ReadsAlpha(const Attention& trial);

// Whether the trial learns the parameter of this name: "alpha" where a field says so, else as lib/normalizers/catalogue.h has
// it for the trial's normalizer.
bool Learns(const Attention& trial, const std::string& name);

struct LearnedParameter {
  std::string name;            // "sink"
  bool per_input;              // [H, W], weights of what the queries are projected from; else [H], a number per head
  std::vector<double> starts;  // [T]: what the trial's slice is filled with before training; 0 where it does not learn it
};

// All that one of the T trials learns, alpha left out, by name.
std::vector<LearnedParameter> LearnedParameters(const std::vector<Attention>& trials);

}  // namespace ablate::attention
