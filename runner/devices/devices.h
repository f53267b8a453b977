// --devices: what a run computes on.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/devices.pb.h"
#include "runner/devices/cuda.h"

namespace ablate::runner {

// What there is, asked only where it matters.
struct Machine {
  uint32_t cores = 1;
  uint64_t available_bytes = 0;  // of memory, 0: not known
  std::function<absl::StatusOr<std::vector<CudaDevice>>()> cuda_devices;
  std::function<bool()> worker_has_cuda;  // whether ablate-worker was built with CUDA kernels
};

struct Devices {
  Inventory inventory;
  std::string remark;  // for a person: why auto did not take the GPUs that there are; else empty
};

// Devices for "auto", "cpu", "cpu:N", "cuda", "cuda:0,1". auto: all GPUs if there are any and the worker can use them, else
// "cpu"; "cpu" is all usable cores. InvalidArgument for other words, NotFound for a device that is not there, or that the
// worker can't use. Files: see inventory.h.
absl::StatusOr<Devices> DevicesFor(const std::string& devices, const Machine& machine);

}  // namespace ablate::runner
