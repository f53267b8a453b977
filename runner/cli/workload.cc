#include "runner/cli/workload.h"

#include <algorithm>
#include <memory>

#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/store/reader.h"
#include "runner/scheduler/recorded_costs.h"

namespace ablate::runner {
namespace {

// Nothing is recorded where a database is of an older schema, which `plan` leaves as it is and `run` brings up to date.
absl::StatusOr<RecordedCosts> Recorded(const std::string& database) {
  if (!FileExists(database)) return RecordedCosts();
  ASSIGN_OR_RETURN(const std::unique_ptr<store::Reader> reader, store::Reader::Open(database));
  const auto columns = reader->Query("SELECT 1 FROM pragma_table_info('launches') WHERE name = 'shape'");
  if (columns.ok() && columns->rows.empty()) return RecordedCosts();
  return ReadRecordedCosts(*reader);
}

uint64_t SmallestOf(const std::vector<Slot>& slots) {
  uint64_t smallest = 0;
  for (const Slot& slot : slots) {
    if (slot.memory_bytes > 0 && (smallest == 0 || slot.memory_bytes < smallest)) smallest = slot.memory_bytes;
  }
  return smallest;
}

}  // namespace

std::vector<std::string> Workload::Devices() const {
  std::vector<std::string> devices;
  for (const Slot& slot : slots) devices.push_back(slot.device);
  return devices;
}

std::vector<uint64_t> Workload::MemoryBytes() const {
  std::vector<uint64_t> bytes;
  for (const Slot& slot : slots) bytes.push_back(slot.memory_bytes);
  return bytes;
}

std::vector<double> Workload::StepSeconds() const {
  std::vector<double> seconds;
  for (const ShapeCost& cost : costs) seconds.push_back(cost.step_seconds);
  return seconds;
}

absl::StatusOr<Workload> WorkloadOf(const spec::Plan& plan, const Ledger& ledger, const Inventory& inventory,
                                    const std::string& database, uint64_t trials) {
  ASSIGN_OR_RETURN(const RecordedCosts recorded, Recorded(database));
  const Launching& launching = plan.experiment.launching();
  const std::string kind = DeviceKind(inventory.device(0).device());
  Demand demand{trials, launching.max_array_trials(), 0, launching.max_workers_per_gpu()};
  for (const ShapeCost& cost : CostsOf(ledger, recorded, kind, 0)) {
    demand.trial_bytes = std::max(demand.trial_bytes, cost.trial_bytes);
  }
  Workload workload;
  workload.slots = SlotsOn(inventory, demand);
  workload.slot_bytes = SmallestOf(workload.slots);
  workload.costs = CostsOf(ledger, recorded, kind, workload.slot_bytes);
  return workload;
}

}  // namespace ablate::runner
