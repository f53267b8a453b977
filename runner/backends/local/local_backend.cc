#include "runner/backends/local/local_backend.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/base/version.h"
#include "runner/backends/local/strays.h"
#include "runner/devices/cuda.h"

namespace ablate::runner {
namespace {

// A trial's bits depend on the number of threads, so it is one; and threads that wait must not spin on cores that other workers
// compute on. A worker of another version, which could read requests otherwise than they are meant, refuses them.
WorkerProcess::Environment EnvironmentFor(const std::string& device) {
  WorkerProcess::Environment environment = {
      {"OMP_NUM_THREADS", "1"}, {"MKL_NUM_THREADS", "1"}, {"OMP_WAIT_POLICY", "passive"}, {"ABLATE_RUNNER_VERSION", kVersion}};
  if (absl::StartsWith(device, "cuda")) environment.emplace_back("CUDA_DEVICE_ORDER", kCudaDeviceOrder);
  return environment;
}

}  // namespace

LocalBackend::LocalBackend(std::string program, std::vector<std::string> devices, std::vector<uint64_t> memory_bytes,
                           Orphaned orphaned)
    : program_(std::move(program)),
      capabilities_{"local", std::move(devices), std::move(memory_bytes)},
      orphaned_(orphaned),
      slots_(capabilities_.devices.size()) {
  AdoptStrays();
}

LocalBackend::~LocalBackend() {
  slots_.clear();
  EndStrays();
}

absl::Status LocalBackend::StartWorker(size_t number, const std::string& stderr_path) {
  ASSIGN_OR_RETURN(slots_[number].worker,
                   WorkerProcess::Start(program_, EnvironmentFor(capabilities_.devices[number]), stderr_path, orphaned_));
  return absl::OkStatus();
}

// What a worker says before its first launch has no log to go to: it is told at once. Submit starts one that died again, and
// tells why there.
void LocalBackend::Prepare(size_t launches) {
  for (size_t number = 0; number < std::min(launches, slots_.size()); ++number) {
    if (slots_[number].worker == nullptr) StartWorker(number, "/dev/stderr").IgnoreError();
  }
}

absl::Status LocalBackend::Submit(size_t number, const std::string& launch, const std::string& folder) {
  Slot& slot = slots_[number];
  if (slot.worker != nullptr) {
    // One that died between two launches has no launch to blame.
    if (slot.worker->Send(folder).ok()) {
      slot.launch = launch;
      return absl::OkStatus();
    }
    slot.worker.reset();
  }
  RETURN_IF_ERROR(StartWorker(number, JoinPath(folder, "log.txt")));
  // One that is gone already is told of by Poll, with how it ended.
  slot.worker->Send(folder).IgnoreError();
  slot.launch = launch;
  return absl::OkStatus();
}

std::vector<LaunchReport> LocalBackend::Poll() {
  std::vector<LaunchReport> reports;
  for (Slot& slot : slots_) {
    if (slot.worker != nullptr) PollSlot(slot, &reports);
  }
  return reports;
}

void LocalBackend::PollSlot(Slot& slot, std::vector<LaunchReport>* reports) {
  for (const std::string& line : slot.worker->Lines()) {
    if (slot.launch.empty()) break;
    if (line == "done " + slot.launch) {
      reports->push_back({LaunchReport::Kind::kDone, std::exchange(slot.launch, ""), ""});
    } else if (line == "events " + slot.launch) {
      reports->push_back({LaunchReport::Kind::kEvents, slot.launch, ""});
    }
  }
  if (!slot.worker->closed()) return;
  const std::string how = slot.worker->End();
  slot.worker.reset();
  if (!slot.launch.empty()) reports->push_back({LaunchReport::Kind::kDied, std::exchange(slot.launch, ""), how});
}

std::vector<int> LocalBackend::Descriptors() const {
  std::vector<int> descriptors;
  for (const Slot& slot : slots_) {
    if (slot.worker != nullptr) descriptors.push_back(slot.worker->descriptor());
  }
  return descriptors;
}

void LocalBackend::Kill(const std::string& launch) {
  for (Slot& slot : slots_) {
    if (slot.worker != nullptr && slot.launch == launch) slot.worker->Kill();
  }
}

}  // namespace ablate::runner
