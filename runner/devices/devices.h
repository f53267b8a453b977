// --devices: which slots a run has.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "runner/devices/cuda.h"

namespace ablate::runner {

// What there is, asked only where it matters.
struct Machine {
  uint32_t cores = 1;
  std::function<absl::StatusOr<std::vector<CudaDevice>>()> cuda_devices;
  std::function<bool()> worker_has_cuda;  // whether ablate-worker was built with CUDA kernels
};

struct Slots {
  std::vector<std::string> devices;  // of each slot, as launches name it: "cpu", "cuda:1"
  std::string remark;                // for a person: why auto did not take the GPUs that there are; else empty
};

// Slots for "auto", "cpu", "cpu:N", "cuda", "cuda:0,1". auto: all GPUs if there are any and the worker can use them, else
// "cpu"; "cpu" is one slot per usable core. InvalidArgument for other words, NotFound for a device that is not there, or that
// the worker can't use.
absl::StatusOr<Slots> SlotsFor(const std::string& devices, const Machine& machine);

}  // namespace ablate::runner
