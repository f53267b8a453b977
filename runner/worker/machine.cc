#include "runner/worker/machine.h"

#include <ATen/Version.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/Device.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <malloc.h>
#include <sys/resource.h>
#include <torch/headeronly/version.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>

#include "fmt/format.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/base/version.h"

namespace ablate::worker {
namespace {

std::string ProgramFolder() {
  char path[PATH_MAX];
  return realpath("/proc/self/exe", path) == nullptr ? "." : ParentFolder(path);
}

// Global, so that the operators and kernels inside register with the LibTorch that is loaded already.
absl::Status OpenLibrary(const std::string& path, const std::string& device) {
  if (dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL) != nullptr) return absl::OkStatus();
  return absl::FailedPreconditionError(fmt::format("device \"{}\": can't load {}: {}", device, path, dlerror()));
}

}  // namespace

void PrepareProcess(char** arguments) {
  constexpr int kKeptBytes = 1 << 30;
  mallopt(M_MMAP_THRESHOLD, kKeptBytes);
  mallopt(M_TRIM_THRESHOLD, kKeptBytes);
  mallopt(M_TOP_PAD, 64 << 20);
  if (std::getenv("OMP_WAIT_POLICY") != nullptr) return;
  setenv("OMP_WAIT_POLICY", "passive", 1);
  execv("/proc/self/exe", arguments);
}

std::string InstructionSet() { return at::get_cpu_capability(); }

std::vector<std::string> Versions() {
  return {fmt::format("ablate {}", kVersion), fmt::format("torch {}", TORCH_VERSION),
          fmt::format("instruction set {}", InstructionSet())};
}

std::string CudaPluginPath() {
  const std::string folder = ProgramFolder();
  for (const char* place : {"/../lib/ablate/libablate_cuda.so", "/../../lib/kernels/cuda/libablate_cuda.so"}) {
    if (FileExists(folder + place)) return folder + place;
  }
  return "";
}

absl::Status OpenDevice(const std::string& device) {
  if (device.rfind("cuda", 0) != 0) return absl::OkStatus();
  const std::string plugin = CudaPluginPath();
  if (plugin.empty()) {
    return absl::FailedPreconditionError(
        fmt::format("device \"{}\": built without the CUDA Toolkit; allowed: \"cpu\"", device));
  }
  RETURN_IF_ERROR(OpenLibrary("libtorch_cuda.so", device));
  return OpenLibrary(plugin, device);
}

uint64_t PeakBytes() {
  const auto status = ReadFile("/proc/self/status");
  const size_t line = status.ok() ? status->find("VmHWM:") : std::string::npos;  // kilobytes
  if (line != std::string::npos) return std::strtoull(status->c_str() + line + sizeof "VmHWM:" - 1, nullptr, 10) * 1024;
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<uint64_t>(usage.ru_maxrss) * 1024;
}

void ForgetPeak() {
  const int file = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  static_cast<void>(!write(file, "5", 1));  // proc(5): resets VmHWM
  close(file);
}

// LibTorch throws where a device isn't there or wasn't used yet; whoever computes on it says so better.
uint64_t PeakDeviceBytes(const std::string& device) {
  if (device.rfind("cuda", 0) != 0) return 0;
  try {
    const auto stats = c10::getDeviceAllocator(c10::kCUDA)->getDeviceStats(c10::Device(device).index());
    const auto all = static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE);
    return static_cast<uint64_t>(stats.reserved_bytes[all].peak);
  } catch (const c10::Error&) {
    return 0;
  }
}

void ForgetDevicePeak(const std::string& device) {
  if (device.rfind("cuda", 0) != 0) return;
  try {
    c10::getDeviceAllocator(c10::kCUDA)->resetPeakStats(c10::Device(device).index());
  } catch (const c10::Error&) {
    return;  // nothing to forget
  }
}

}  // namespace ablate::worker
