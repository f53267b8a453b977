#include "runner/devices/devices.h"

#include <fmt/format.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "lib/base/status_macros.h"

namespace ablate::runner {
namespace {

constexpr uint32_t kMostSlots = 1024;

bool Contains(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

absl::Status NotAllowed(const std::string& devices) {
  return absl::InvalidArgumentError(
      fmt::format("--devices {}: allowed are auto, cpu, cpu:N (1 to {}), cuda, cuda:0,1", devices, kMostSlots));
}

absl::StatusOr<Slots> AllCuda(const Machine& machine) {
  ASSIGN_OR_RETURN(const std::vector<CudaDevice> devices, machine.cuda_devices());
  if (devices.empty()) return absl::NotFoundError("no GPU is visible; see: ablate doctor");
  if (!machine.worker_has_cuda()) {
    return absl::NotFoundError("this build's ablate-worker has no CUDA kernels; see: ablate doctor");
  }
  Slots slots;
  for (const CudaDevice& device : devices) slots.devices.push_back(device.device);
  return slots;
}

absl::StatusOr<Slots> SomeCuda(const std::string& devices, const std::string& numbers, const Machine& machine) {
  Slots slots;
  for (const absl::string_view number : absl::StrSplit(numbers, ',')) {
    uint32_t index = 0;
    if (!absl::SimpleAtoi(number, &index)) return NotAllowed(devices);
    const std::string device = fmt::format("cuda:{}", index);
    if (Contains(slots.devices, device)) {
      return absl::InvalidArgumentError(fmt::format("--devices {}: {} is named twice", devices, device));
    }
    slots.devices.push_back(device);
  }
  ASSIGN_OR_RETURN(const Slots all, AllCuda(machine));
  for (const std::string& device : slots.devices) {
    if (Contains(all.devices, device)) continue;
    return absl::NotFoundError(fmt::format("no device {}; there are {}", device, absl::StrJoin(all.devices, ", ")));
  }
  return slots;
}

// GPUs, or the cores with the reason why not the GPUs, if there are any.
Slots Best(const Machine& machine, const Slots& cores) {
  const auto present = machine.cuda_devices();
  if (absl::IsNotFound(present.status()) || (present.ok() && present->empty())) return cores;
  const auto cuda = AllCuda(machine);
  if (cuda.ok()) return *cuda;
  return {cores.devices, fmt::format("GPUs are left out: {}", std::string(cuda.status().message()))};
}

}  // namespace

absl::StatusOr<Slots> SlotsFor(const std::string& devices, const Machine& machine) {
  const Slots cores = {std::vector<std::string>(std::clamp(machine.cores, 1u, kMostSlots), "cpu"), ""};
  if (devices == "cpu") return cores;
  if (devices == "auto") return Best(machine, cores);
  if (devices == "cuda") return AllCuda(machine);
  absl::string_view rest = devices;
  uint32_t count = 0;
  if (absl::ConsumePrefix(&rest, "cuda:")) return SomeCuda(devices, std::string(rest), machine);
  if (!absl::ConsumePrefix(&rest, "cpu:") || !absl::SimpleAtoi(rest, &count) || count < 1 || count > kMostSlots) {
    return NotAllowed(devices);
  }
  return Slots{std::vector<std::string>(count, "cpu"), ""};
}

}  // namespace ablate::runner
