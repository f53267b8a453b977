// What the trials of a plan will take, and the slots that they get.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/spec/spec.h"
#include "proto/devices.pb.h"
#include "runner/devices/slots.h"
#include "runner/scheduler/costs.h"
#include "runner/scheduler/ledger.h"

namespace ablate::runner {

struct Workload {
  std::vector<ShapeCost> costs;  // by shape of the ledger
  std::vector<Slot> slots;
  uint64_t slot_bytes = 0;  // for tensors, of the smallest slot; 0: not known

  std::vector<std::string> Devices() const;   // of each slot
  std::vector<uint64_t> MemoryBytes() const;  // of each slot
  std::vector<double> StepSeconds() const;    // by shape
};

// With what launches of the database tell, if it is there. `trials`: how many are to run at most.
absl::StatusOr<Workload> WorkloadOf(const spec::Plan& plan, const Ledger& ledger, const Inventory& inventory,
                                    const std::string& database, uint64_t trials);

}  // namespace ablate::runner
