#include "tests/gpu/device.h"

#include <c10/core/impl/VirtualGuardImpl.h>
#include <dlfcn.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>

namespace ablate::gpu {
namespace {

std::string ProgramFolder() {
  char path[PATH_MAX];
  const std::string program = realpath("/proc/self/exe", path) == nullptr ? "./." : path;
  return program.substr(0, program.rfind('/'));
}

// In the archive of tests/gpu/bundle, or beside Bazel's runfiles.
std::string PluginPath() {
  for (const std::string& place :
       {ProgramFolder() + "/../lib/ablate/libablate_cuda.so", std::string("lib/kernels/cuda/libablate_cuda.so")}) {
    if (access(place.c_str(), R_OK) == 0) return place;
  }
  return "";
}

std::string Open() {
  const std::string plugin = PluginPath();
  if (plugin.empty()) return "no GPU tests: built without nvcc, there is no plugin";
  // Before anything asks whether CUDA is there: the answer is kept.
  for (const std::string& library : {std::string("libtorch_cuda.so"), plugin}) {
    if (dlopen(library.c_str(), RTLD_NOW | RTLD_GLOBAL) == nullptr) return std::string("no GPU: ") + dlerror();
  }
  const int count = c10::impl::VirtualGuardImpl(c10::DeviceType::CUDA).deviceCount();
  return count > 0 ? "" : "no GPU: torch sees no CUDA device";
}

}  // namespace

const std::string& WhyNoGpu() {
  static const auto& reason = *new std::string(Open());
  return reason;
}

}  // namespace ablate::gpu
