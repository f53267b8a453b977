// What launches of a database tell about the time and memory that trials take.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "lib/store/reader.h"

namespace ablate::runner {

// Of launches of one shape (spec::ArrayKey) on one kind of device.
struct RecordedCost {
  double seconds = 0;        // in launches that ended by themselves
  uint64_t trial_steps = 0;  // taken in them, summed over their trials
  // Most memory for tensors per trial, told by the launch that was the least wasteful: a worker's peak holds what earlier
  // launches left behind, so each launch tells an upper bound, and the lowest bound counts. 0: none told.
  uint64_t trial_bytes = 0;
  // The smallest array that ran out of memory, and the memory that its slot had (0: not known). 0 trials: none did.
  uint32_t out_of_memory_trials = 0;
  uint64_t out_of_memory_slot_bytes = 0;
};

// By (shape, "cpu" or "cuda").
using RecordedCosts = std::map<std::pair<std::string, std::string>, RecordedCost>;

// "cuda" of "cuda:3".
std::string DeviceKind(const std::string& device);

absl::StatusOr<RecordedCosts> ReadRecordedCosts(const store::Reader& reader);

}  // namespace ablate::runner
