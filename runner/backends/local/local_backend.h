// Worker processes on this machine, one per slot, started when their slot is first used, or is going to be, and kept warm.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runner/backends/backend.h"
#include "runner/backends/local/worker_process.h"

namespace ablate::runner {

class LocalBackend : public Backend {
 public:
  using Orphaned = WorkerProcess::Orphaned;

  // `devices` and `memory_bytes` as in Capabilities; `program` is absolute.
  LocalBackend(std::string program, std::vector<std::string> devices, std::vector<uint64_t> memory_bytes = {},
               Orphaned orphaned = Orphaned::kDies);
  ~LocalBackend() override;

  const Capabilities& capabilities() const override { return capabilities_; }
  void Prepare(size_t launches) override;
  absl::Status Submit(size_t slot, const std::string& launch, const std::string& folder) override;
  std::vector<LaunchReport> Poll() override;
  std::vector<int> Descriptors() const override;
  void Kill(const std::string& launch) override;

 private:
  struct Slot {
    std::unique_ptr<WorkerProcess> worker;  // null: not started, or dead
    std::string launch;                     // that it runs; empty: none
  };

  absl::Status StartWorker(size_t number, const std::string& stderr_path);
  void PollSlot(Slot& slot, std::vector<LaunchReport>* reports);

  const std::string program_;
  const Capabilities capabilities_;
  const Orphaned orphaned_;
  std::vector<Slot> slots_;
};

}  // namespace ablate::runner
