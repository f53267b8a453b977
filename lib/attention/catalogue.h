// The kinds of attention that models have: which settings of a trial are theirs, and what each can't have. Torch-free.
#pragma once

#include <string>
#include <vector>

#include "proto/trial.pb.h"

namespace ablate::attention {

enum class Kind {
  kEncoder,  // every token sees every token of its sequence
  kDecoder,  // causal: a token sees itself and those before it
  kCross,    // a token of the target sees those of the source
};

// "encoder", "decoder", "cross": the names of proto/statistics.proto.
const char* Name(Kind kind);

// Of a model, in the order in which a token meets them; none where no model is set.
std::vector<Kind> KindsOf(const Model& model);

// The field of Trial that says what this kind has otherwise than `attention`: "cross_attention"; "attention" where there is
// none.
const char* FieldOf(const Model& model, Kind kind);

// What holds for this kind: the trial's `attention` with what that field has otherwise.
Attention SettingsOf(const Trial& trial, Kind kind);

// A setting that a kind can't have.
struct Obstacle {
  std::string field;   // of Attention: "sparsity.structure"
  std::string value;   // as it is
  std::string reason;  // and what is allowed
};

// A causal network must not let a token depend on later ones, and attention to a source has no diagonal.
std::vector<Obstacle> Obstacles(const Attention& settings, Kind kind);

}  // namespace ablate::attention
