// What a trial takes, estimated from its settings alone: no torch, no data. Pure.
#pragma once

#include <cstdint>

#include "proto/trial.pb.h"

namespace ablate::runner {

// Zeros where the model is none that is known here.
struct TrialSize {
  uint64_t parameters = 0;       // numbers that are learned
  uint64_t parameter_bytes = 0;  // with gradients and both moments of AdamW: float32
  uint64_t bytes = 0;            // all tensors of a training step: those, and the activations that the backward pass needs
  double step_operations = 0;    // floating-point operations of a training step
};

// A vocabulary that only the data tell of is taken at its limit (max_words), or at BERT's 30,522 word pieces. Lengths are the
// task's longest in training.
TrialSize SizeOf(const Trial& trial);

// Layers of all of its stacks.
uint64_t LayersOf(const Model& model);

}  // namespace ablate::runner
