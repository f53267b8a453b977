// What the trials of a plan will take, and how that is known. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runner/scheduler/ledger.h"
#include "runner/scheduler/recorded_costs.h"

namespace ablate::runner {

enum class CostSource {
  kUnknown,
  kEstimated,  // from the settings alone; times to a factor of about three
  kRecorded,   // by launches of the same shape on the same kind of device
};

// "unknown", "estimated", "recorded".
const char* NameOf(CostSource source);

// Of the trials of one shape.
struct ShapeCost {
  double step_seconds = 0;  // of a training step of one trial, evaluations included; 0: unknown
  CostSource step_source = CostSource::kUnknown;
  uint64_t trial_bytes = 0;  // of all tensors of a trial; 0: unknown
  CostSource bytes_source = CostSource::kUnknown;
  uint32_t most_trials = UINT32_MAX;  // of an array: twice as many ran out of memory on a slot like this
};

// By shape of the ledger. `kind` is the device's: times of GPUs are unknown unless recorded. `slot_bytes`: memory that a slot
// has for tensors, 0 if not known.
std::vector<ShapeCost> CostsOf(const Ledger& ledger, const RecordedCosts& recorded, const std::string& kind,
                               uint64_t slot_bytes);

// Most trials of an array on such a slot, at least 1; UINT32_MAX where nothing is known.
uint32_t MostTrials(const ShapeCost& cost, uint64_t slot_bytes);

}  // namespace ablate::runner
