#include "runner/scheduler/costs.h"

#include <algorithm>

#include "runner/scheduler/trial_size.h"

namespace ablate::runner {
namespace {

// One thread in training: 1.2e11 by CPU time of an AVX-512 core (4 layers of 256, 128 tokens, batch 32), of which we promise
// half. And what a step costs per layer however small it is.
constexpr double kOperationsPerSecond = 6e10;
constexpr double kLayerSeconds = 3e-4;

// A slot with so much more memory than the one where an array did not fit is another matter.
constexpr double kMoreMemory = 1.1;

ShapeCost Estimated(const Trial& trial, const std::string& kind) {
  const TrialSize size = SizeOf(trial);
  ShapeCost cost;
  if (size.bytes == 0) return cost;
  cost.trial_bytes = size.bytes;
  cost.bytes_source = CostSource::kEstimated;
  if (kind != "cpu") return cost;
  cost.step_seconds =
      size.step_operations / kOperationsPerSecond + static_cast<double>(LayersOf(trial.model())) * kLayerSeconds;
  cost.step_source = CostSource::kEstimated;
  return cost;
}

void Correct(const RecordedCost& recorded, uint64_t least_bytes, uint64_t slot_bytes, ShapeCost* cost) {
  if (recorded.trial_steps > 0) {
    cost->step_seconds = recorded.seconds / static_cast<double>(recorded.trial_steps);
    cost->step_source = CostSource::kRecorded;
  }
  if (recorded.trial_bytes > 0) {
    cost->trial_bytes = std::max(recorded.trial_bytes, least_bytes);
    cost->bytes_source = CostSource::kRecorded;
  }
  if (recorded.out_of_memory_trials == 0) return;
  const double then = static_cast<double>(recorded.out_of_memory_slot_bytes);
  const bool other_slot = then > 0 && static_cast<double>(slot_bytes) > kMoreMemory * then;
  if (!other_slot) cost->most_trials = std::max(1u, recorded.out_of_memory_trials / 2);
}

}  // namespace

const char* NameOf(CostSource source) {
  constexpr const char* kNames[] = {"unknown", "estimated", "recorded"};
  return kNames[static_cast<int>(source)];
}

std::vector<ShapeCost> CostsOf(const Ledger& ledger, const RecordedCosts& recorded, const std::string& kind,
                               uint64_t slot_bytes) {
  std::vector<ShapeCost> costs;
  for (uint32_t shape = 0; shape < ledger.shapes(); ++shape) {
    const Trial trial = ledger.TrialOfShape(shape);
    ShapeCost cost = Estimated(trial, kind);
    const auto place = recorded.find({ledger.ShapeDigest(shape), kind});
    if (place != recorded.end()) Correct(place->second, SizeOf(trial).parameter_bytes, slot_bytes, &cost);
    costs.push_back(cost);
  }
  return costs;
}

uint32_t MostTrials(const ShapeCost& cost, uint64_t slot_bytes) {
  uint64_t most = cost.most_trials;
  if (slot_bytes > 0 && cost.trial_bytes > 0) most = std::min(most, slot_bytes / cost.trial_bytes);
  return static_cast<uint32_t>(std::max<uint64_t>(1, most));
}

}  // namespace ablate::runner
