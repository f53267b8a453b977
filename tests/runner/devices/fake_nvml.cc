// Three devices behind NVML's functions, for tests on machines without a GPU: two whole ones and, by UUID only, a MIG slice.
#include <cstdio>
#include <cstring>

namespace {

struct Memory {
  unsigned long long total, free, used;
};

struct Process {
  unsigned pid;
  unsigned long long used;
  unsigned gpu_instance, compute_instance;
};

struct Device {
  const char* name;
  const char* uuid;
  unsigned long long bytes;
};

Device devices[] = {
    {"Fake 80", "GPU-aaaa-1", 80ull << 30}, {"Fake 141", "GPU-abbb-2", 141ull << 30}, {"Slice", "MIG-cccc", 1ull << 30}};

}  // namespace

extern "C" {
int nvmlInit_v2() { return 0; }
int nvmlShutdown() { return 0; }
const char* nvmlErrorString(int) { return "Not Found"; }
int nvmlDeviceGetCount_v2(unsigned* count) {
  *count = 2;
  return 0;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** handle) {
  *handle = &devices[index];
  return 0;
}
int nvmlDeviceGetHandleByUUID(const char* uuid, void** handle) {
  for (Device& device : devices) {
    if (std::strcmp(device.uuid, uuid) == 0) *handle = &device;
  }
  return *handle == nullptr ? 6 : 0;
}
int nvmlDeviceGetName(void* handle, char* name, unsigned length) {
  std::snprintf(name, length, "%s", static_cast<Device*>(handle)->name);
  return 0;
}
int nvmlDeviceGetUUID(void* handle, char* uuid, unsigned length) {
  std::snprintf(uuid, length, "%s", static_cast<Device*>(handle)->uuid);
  return 0;
}
int nvmlDeviceGetMemoryInfo(void* handle, Memory* memory) {
  memory->total = static_cast<Device*>(handle)->bytes;
  memory->free = memory->total / 4;
  return 0;
}
// One foreign process on the second device, whose memory is told, and one on the slice, whose memory is not.
int nvmlDeviceGetComputeRunningProcesses_v3(void* handle, unsigned* count, Process* processes) {
  *count = 0;
  if (handle == &devices[1]) processes[(*count)++] = {1, 30ull << 30, 0, 0};
  if (handle == &devices[2]) processes[(*count)++] = {4000000000u, ~0ull, 0, 0};
  return 0;
}
}
