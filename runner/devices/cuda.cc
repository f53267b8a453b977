#include "runner/devices/cuda.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"

namespace ablate::runner {
namespace {

// What we use of nvml.h, whose functions keep their binary interface for good. Every one returns 0 when all is well.
struct Memory {
  unsigned long long total, free, used;  // bytes
};

struct Process {
  unsigned pid;
  unsigned long long used;  // bytes; all ones: not told
  unsigned gpu_instance, compute_instance;
};

constexpr unsigned kMostProcesses = 256;

// "python3" for a process that can be seen from here.
std::string ProgramOf(unsigned pid) {
  const auto name = ReadFile(fmt::format("/proc/{}/comm", pid));
  return name.ok() ? std::string(absl::StripAsciiWhitespace(*name)) : "";
}

class Nvml {
 public:
  static absl::StatusOr<std::unique_ptr<Nvml>> Open(const std::string& library) {
    auto nvml = std::unique_ptr<Nvml>(new Nvml);
    nvml->library_ = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (nvml->library_ == nullptr) return absl::NotFoundError(fmt::format("no NVIDIA driver: {}", dlerror()));
    const bool whole =
        nvml->Find("nvmlInit_v2", nvml->init_) && nvml->Find("nvmlShutdown", nvml->shutdown_) &&
        nvml->Find("nvmlErrorString", nvml->error_string_) && nvml->Find("nvmlDeviceGetCount_v2", nvml->get_count_) &&
        nvml->Find("nvmlDeviceGetHandleByIndex_v2", nvml->get_by_index_) &&
        nvml->Find("nvmlDeviceGetHandleByUUID", nvml->get_by_uuid_) && nvml->Find("nvmlDeviceGetName", nvml->get_name_) &&
        nvml->Find("nvmlDeviceGetUUID", nvml->get_uuid_) && nvml->Find("nvmlDeviceGetMemoryInfo", nvml->get_memory_);
    if (!whole) return absl::InternalError(fmt::format("{}: {}", library, dlerror()));
    nvml->Find("nvmlDeviceGetComputeRunningProcesses_v3", nvml->get_processes_);  // drivers from 2021 on
    RETURN_IF_ERROR(nvml->Check(nvml->init_(), "nvmlInit"));
    nvml->initialized_ = true;
    return nvml;
  }

  ~Nvml() {
    if (initialized_) shutdown_();
    if (library_ != nullptr) dlclose(library_);
  }

  absl::StatusOr<std::vector<CudaDevice>> All() {
    unsigned count = 0;
    RETURN_IF_ERROR(Check(get_count_(&count), "nvmlDeviceGetCount"));
    std::vector<CudaDevice> devices(count);
    for (unsigned i = 0; i < count; ++i) {
      void* handle = nullptr;
      RETURN_IF_ERROR(Check(get_by_index_(i, &handle), "nvmlDeviceGetHandleByIndex"));
      ASSIGN_OR_RETURN(devices[i], Describe(handle));
    }
    return devices;
  }

  // A MIG slice, which the list of devices does not hold.
  absl::StatusOr<CudaDevice> ByUuid(const std::string& uuid) {
    void* handle = nullptr;
    RETURN_IF_ERROR(Check(get_by_uuid_(uuid.c_str(), &handle), "nvmlDeviceGetHandleByUUID"));
    return Describe(handle);
  }

 private:
  Nvml() = default;

  template <typename Function>
  bool Find(const char* name, Function*& function) {
    function = reinterpret_cast<Function*>(dlsym(library_, name));
    return function != nullptr;
  }

  absl::Status Check(int code, const char* what) const {
    if (code == 0) return absl::OkStatus();
    return absl::InternalError(fmt::format("{}: {} (NVML error {})", what, error_string_(code), code));
  }

  absl::StatusOr<CudaDevice> Describe(void* handle) {
    char name[96] = "", uuid[96] = "";
    Memory memory = {};
    RETURN_IF_ERROR(Check(get_name_(handle, name, sizeof name), "nvmlDeviceGetName"));
    RETURN_IF_ERROR(Check(get_uuid_(handle, uuid, sizeof uuid), "nvmlDeviceGetUUID"));
    RETURN_IF_ERROR(Check(get_memory_(handle, &memory), "nvmlDeviceGetMemoryInfo"));
    CudaDevice device;
    device.name = name;
    device.uuid = uuid;
    device.memory_bytes = memory.total;
    device.free_bytes = memory.free;
    device.processes = ProcessesOn(handle);
    return device;
  }

  // None where the driver does not tell, as some do of MIG slices: the free memory then is all that is known.
  std::vector<CudaProcess> ProcessesOn(void* handle) const {
    std::vector<Process> found(kMostProcesses);
    unsigned count = kMostProcesses;
    if (get_processes_ == nullptr || get_processes_(handle, &count, found.data()) != 0) return {};
    std::vector<CudaProcess> processes;
    for (unsigned i = 0; i < std::min(count, kMostProcesses); ++i) {
      const bool told = found[i].used != ~0ull;
      processes.push_back({found[i].pid, told ? found[i].used : 0, ProgramOf(found[i].pid)});
    }
    return processes;
  }

  void* library_ = nullptr;
  bool initialized_ = false;
  int (*init_)() = nullptr;
  int (*shutdown_)() = nullptr;
  const char* (*error_string_)(int) = nullptr;
  int (*get_count_)(unsigned*) = nullptr;
  int (*get_by_index_)(unsigned, void**) = nullptr;
  int (*get_by_uuid_)(const char*, void**) = nullptr;
  int (*get_name_)(void*, char*, unsigned) = nullptr;
  int (*get_uuid_)(void*, char*, unsigned) = nullptr;
  int (*get_memory_)(void*, Memory*) = nullptr;
  int (*get_processes_)(void*, unsigned*, Process*) = nullptr;  // may be missing
};

std::optional<CudaDevice> Named(const std::string& word, const std::vector<CudaDevice>& all, Nvml& nvml) {
  uint32_t index = 0;
  if (absl::SimpleAtoi(word, &index)) return index < all.size() ? std::optional(all[index]) : std::nullopt;
  if (absl::StartsWith(word, "MIG-")) {
    auto device = nvml.ByUuid(word);
    return device.ok() ? std::optional(*device) : std::nullopt;
  }
  if (!absl::StartsWith(word, "GPU-")) return std::nullopt;
  const auto found = std::find_if(all.begin(), all.end(), [&](const CudaDevice& d) { return absl::StartsWith(d.uuid, word); });
  return found == all.end() ? std::nullopt : std::optional(*found);
}

}  // namespace

absl::StatusOr<std::vector<CudaDevice>> ListCudaDevices(const char* visible, const std::string& library) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Nvml> nvml, Nvml::Open(library));
  ASSIGN_OR_RETURN(std::vector<CudaDevice> devices, nvml->All());
  if (visible != nullptr) {
    std::vector<CudaDevice> chosen;
    for (const absl::string_view word : absl::StrSplit(visible, ',')) {
      const auto device = Named(std::string(absl::StripAsciiWhitespace(word)), devices, *nvml);
      if (!device) break;
      chosen.push_back(*device);
    }
    devices = std::move(chosen);
  }
  for (size_t i = 0; i < devices.size(); ++i) devices[i].device = fmt::format("cuda:{}", i);
  return devices;
}

}  // namespace ablate::runner
