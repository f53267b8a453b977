#include "runner/devices/slots.h"

#include <algorithm>

namespace ablate::runner {
namespace {

uint64_t UsableBytes(const Device& device) {
  const uint64_t free = device.free_bytes() > 0 ? device.free_bytes() : device.memory_bytes();
  return static_cast<uint64_t>(kMemoryShare * static_cast<double>(free));
}

// What is left for tensors in each of `shares` equal parts. A known memory stays known, though nothing may be left of it.
uint64_t BytesForTensors(uint64_t usable, uint64_t shares, uint64_t overhead) {
  if (usable == 0) return 0;
  const uint64_t part = usable / shares;
  return part > overhead ? part - overhead : 1;
}

bool FullArrayFits(const Device& device, uint64_t workers, const Demand& demand) {
  const uint64_t bytes = BytesForTensors(UsableBytes(device), workers, kContextBytes);
  return bytes == 0 || bytes >= demand.max_array_trials * demand.trial_bytes;
}

uint32_t WorkersPerGpu(const std::vector<Device>& gpus, uint32_t host_cores, const Demand& demand) {
  const uint64_t first_round = gpus.size() * demand.max_array_trials;
  uint64_t workers = std::clamp<uint64_t>((demand.trials + first_round - 1) / first_round, 1, demand.max_workers_per_gpu);
  if (host_cores > 0) workers = std::min<uint64_t>(workers, std::max<uint64_t>(1, host_cores / gpus.size()));
  const auto fits = [&](const Device& gpu) { return FullArrayFits(gpu, workers, demand); };
  while (workers > 1 && !std::all_of(gpus.begin(), gpus.end(), fits)) --workers;
  return static_cast<uint32_t>(workers);
}

}  // namespace

std::vector<Slot> SlotsOn(const Inventory& inventory, const Demand& demand) {
  std::vector<Slot> slots;
  std::vector<Device> gpus;
  for (const Device& device : inventory.device()) {
    if (device.device() != "cpu") {
      gpus.push_back(device);
      continue;
    }
    const uint64_t bytes = BytesForTensors(UsableBytes(device), device.cores(), kWorkerBytes);
    slots.insert(slots.end(), device.cores(), Slot{"cpu", bytes});
  }
  if (gpus.empty()) return slots;
  const uint32_t workers = WorkersPerGpu(gpus, inventory.host_cores(), demand);
  // All devices once, then all a second time: trials that are few are spread.
  for (uint32_t worker = 0; worker < workers; ++worker) {
    for (const Device& gpu : gpus) slots.push_back({gpu.device(), BytesForTensors(UsableBytes(gpu), workers, kContextBytes)});
  }
  return slots;
}

}  // namespace ablate::runner
