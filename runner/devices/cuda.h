// The GPUs of this machine, asked of the driver's management library (NVML), opened at run time: no CUDA Toolkit, no torch, and
// no context on any device.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace ablate::runner {

// A process that holds memory of a device.
struct CudaProcess {
  uint32_t pid = 0;
  uint64_t bytes = 0;   // 0: the driver does not tell
  std::string program;  // "python3"; empty where the process can't be seen from here (another container)
};

struct CudaDevice {
  std::string device;         // "cuda:N" as a worker names it: N counts the visible ones
  std::string name;           // "NVIDIA H200"
  std::string uuid;           // "GPU-..." or "MIG-..."
  uint64_t memory_bytes = 0;  // of the whole device
  uint64_t free_bytes = 0;    // that nobody holds
  std::vector<CudaProcess> processes;
};

// Workers get this in their environment, so that CUDA numbers devices as NVML does (its own default is fastest first).
inline constexpr char kCudaDeviceOrder[] = "PCI_BUS_ID";

// Devices that a worker will see, in its order. `visible` is the value of CUDA_VISIBLE_DEVICES, null if it is not set: numbers
// and (beginnings of) UUIDs; as for CUDA, the first word that names no device ends the list. NotFound without a driver,
// Internal with NVML's words where it fails.
absl::StatusOr<std::vector<CudaDevice>> ListCudaDevices(const char* visible, const std::string& library = "libnvidia-ml.so.1");

}  // namespace ablate::runner
