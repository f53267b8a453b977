// A trial's checkpoint: one safetensors file with everything that its next step depends on, so that it goes on with the same
// bits, in whatever array. Tensors have the trial's own shapes (no trial axis): parameters by name, then "first_moment/NAME",
// "second_moment/NAME" and "balance/LAYER" ("balance/decoder/LAYER"). After success only the parameters are kept.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/base/safetensors.h"
#include "lib/training/array_state.h"

namespace ablate::training {

enum class CheckpointContent { kState, kWeights };

std::string SerializeCheckpoint(const ArrayState& state, int64_t place, CheckpointContent content);

struct Checkpoint {
  std::string path;
  std::string file;     // bytes
  Safetensors content;  // views into `file`: not to be moved apart
  CheckpointContent kind = CheckpointContent::kState;
  int64_t step = 0;  // optimizer steps taken
  RunningSums sums;

  Checkpoint() = default;
  Checkpoint(const Checkpoint&) = delete;
  Checkpoint& operator=(const Checkpoint&) = delete;
};

// DataLoss on a broken file, NotFound on none, InvalidArgument on one of another trial or of weights short of the last step.
absl::Status ReadCheckpoint(const TrialRequest& request, Checkpoint& checkpoint);

// Copies a checkpoint into the trial at this place: of kind kWeights the parameters alone. DataLoss unless tensors and shapes
// are exactly the trial's.
absl::Status RestoreTrial(const Checkpoint& checkpoint, int64_t place, ArrayState& state);

}  // namespace ablate::training
