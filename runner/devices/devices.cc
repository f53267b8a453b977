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

constexpr uint32_t kMostCores = 1024;

absl::Status NotAllowed(const std::string& devices) {
  return absl::InvalidArgumentError(
      fmt::format("--devices {}: allowed are auto, cpu, cpu:N (1 to {}), cuda, cuda:0,1, a file that ends in .textproto",
                  devices, kMostCores));
}

Devices Cores(const Machine& machine, uint32_t cores) {
  Devices devices;
  Device& cpu = *devices.inventory.add_device();
  cpu.set_device("cpu");
  cpu.set_cores(cores);
  cpu.set_memory_bytes(machine.available_bytes);
  return devices;
}

Device Described(const CudaDevice& cuda) {
  Device device;
  device.set_device(cuda.device);
  device.set_name(cuda.name);
  device.set_uuid(cuda.uuid);
  device.set_memory_bytes(cuda.memory_bytes);
  device.set_free_bytes(cuda.free_bytes);
  for (const CudaProcess& process : cuda.processes) {
    DeviceProcess& other = *device.add_process();
    other.set_pid(process.pid);
    other.set_bytes(process.bytes);
    other.set_program(process.program);
  }
  return device;
}

absl::StatusOr<Devices> AllCuda(const Machine& machine) {
  ASSIGN_OR_RETURN(const std::vector<CudaDevice> found, machine.cuda_devices());
  if (found.empty()) return absl::NotFoundError("no GPU is visible; see: ablate doctor");
  if (!machine.worker_has_cuda()) {
    return absl::NotFoundError("this build's ablate-worker has no CUDA kernels; see: ablate doctor");
  }
  Devices devices;
  devices.inventory.set_host_cores(machine.cores);
  for (const CudaDevice& device : found) *devices.inventory.add_device() = Described(device);
  return devices;
}

absl::StatusOr<Devices> SomeCuda(const std::string& words, const std::string& numbers, const Machine& machine) {
  std::vector<std::string> names;
  for (const absl::string_view number : absl::StrSplit(numbers, ',')) {
    uint32_t index = 0;
    if (!absl::SimpleAtoi(number, &index)) return NotAllowed(words);
    const std::string name = fmt::format("cuda:{}", index);
    if (std::count(names.begin(), names.end(), name) > 0) {
      return absl::InvalidArgumentError(fmt::format("--devices {}: {} is named twice", words, name));
    }
    names.push_back(name);
  }
  ASSIGN_OR_RETURN(const Devices all, AllCuda(machine));
  Devices chosen;
  chosen.inventory.set_host_cores(machine.cores);
  std::vector<std::string> there;
  for (const Device& device : all.inventory.device()) there.push_back(device.device());
  for (const std::string& name : names) {
    const auto place = std::find(there.begin(), there.end(), name);
    if (place == there.end()) {
      return absl::NotFoundError(fmt::format("no device {}; there are {}", name, absl::StrJoin(there, ", ")));
    }
    *chosen.inventory.add_device() = all.inventory.device(static_cast<int>(place - there.begin()));
  }
  return chosen;
}

// GPUs, or the cores with the reason why not the GPUs, if there are any.
Devices Best(const Machine& machine, Devices cores) {
  const auto present = machine.cuda_devices();
  if (absl::IsNotFound(present.status()) || (present.ok() && present->empty())) return cores;
  auto cuda = AllCuda(machine);
  if (cuda.ok()) return *std::move(cuda);
  cores.remark = fmt::format("GPUs are left out: {}", std::string(cuda.status().message()));
  return cores;
}

}  // namespace

absl::StatusOr<Devices> DevicesFor(const std::string& devices, const Machine& machine) {
  const Devices cores = Cores(machine, std::clamp(machine.cores, 1u, kMostCores));
  if (devices == "cpu") return cores;
  if (devices == "auto") return Best(machine, cores);
  if (devices == "cuda") return AllCuda(machine);
  absl::string_view rest = devices;
  uint32_t count = 0;
  if (absl::ConsumePrefix(&rest, "cuda:")) return SomeCuda(devices, std::string(rest), machine);
  if (!absl::ConsumePrefix(&rest, "cpu:") || !absl::SimpleAtoi(rest, &count) || count < 1 || count > kMostCores) {
    return NotAllowed(devices);
  }
  return Cores(machine, count);
}

}  // namespace ablate::runner
