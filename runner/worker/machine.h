// What this process computes on: settings of the process, the CUDA libraries, and what is logged about them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace ablate::worker {

// Large tensors come from memory that is kept: with glibc's default thresholds each one is mapped anew, at the price of a page
// fault for every 4 KiB. Idle OpenMP threads sleep instead of spinning beside other workers; the OpenMP runtime reads that
// from the environment before main, so the process may start itself anew. Call first, with main's arguments.
void PrepareProcess(char** arguments);

// "AVX512", "AVX2", ...: what LibTorch's CPU kernels were chosen for.
std::string InstructionSet();

// Versions that numbers depend on: "ablate 0.1.0", "torch 2.11.0", "instruction set AVX512".
std::vector<std::string> Versions();

// Where the CUDA plugin lies; empty in a build without the CUDA Toolkit.
std::string CudaPluginPath();

// Loads what a CUDA device ("cuda:N") needs; others need nothing. FailedPrecondition if this build or this machine lacks it.
absl::Status OpenDevice(const std::string& device);

// Largest resident memory of this process since ForgetPeak, where the kernel lets us forget it; else so far. Unit: bytes.
uint64_t PeakBytes();
void ForgetPeak();

// Most memory that tensors on a CUDA device have taken since ForgetDevicePeak; 0 of other devices. After OpenDevice. Unit:
// bytes.
uint64_t PeakDeviceBytes(const std::string& device);
void ForgetDevicePeak(const std::string& device);

}  // namespace ablate::worker
