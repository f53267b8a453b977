// One `ablate evaluate`: finished trials on second sets, one launch a trial, so that what breaks one leaves the others alone.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/store/writer.h"
#include "proto/event.pb.h"
#include "proto/launch.pb.h"
#include "runner/backends/backend.h"
#include "runner/collector/collector.h"
#include "runner/scheduler/signals.h"

namespace ablate::runner {

struct EvaluationRunOptions {
  std::string data_folder;                             // absolute
  std::function<store::LaunchRecord()> provenance;     // asked once
  std::function<void(const EvaluationResult&)> told;   // of each result, failures too, once it is stored
  std::function<void(const std::string&)> complained;  // of what is nobody's result, one line: a worker that died
};

struct EvaluationRunResult {
  uint64_t done = 0;         // evaluations
  uint64_t failed = 0;       // of them: told, or not made since their worker died
  bool interrupted = false;  // by a signal, before all were made
};

class EvaluationRun {
 public:
  // `trials` with checkpoint and evaluations. All references must outlive the run. The store's path is absolute.
  EvaluationRun(std::vector<TrialRequest> trials, EvaluationRunOptions options, store::Writer& store, Backend& backend);

  // Takes over launches of a runner that died first. An error is the store's or the disk's, or Unavailable where workers can't
  // be started; what was stored stays.
  absl::StatusOr<EvaluationRunResult> Run();

 private:
  struct Launch {
    std::string name, folder;
    size_t open = 0;  // evaluations without a result
  };

  absl::Status FillSlots();
  absl::Status Start(size_t slot, const TrialRequest& trial);
  void Wait();
  absl::Status EndLaunches();
  absl::Status End(size_t slot, const LaunchReport& report);
  void Follow(const std::string& name, const std::vector<Event>& events);
  void ObeySignals();
  bool Idle() const;

  const std::vector<TrialRequest> trials_;
  const EvaluationRunOptions options_;
  store::Writer& store_;
  Backend& backend_;
  Collector collector_;
  Signals signals_;
  std::optional<store::LaunchRecord> provenance_;
  std::vector<std::optional<Launch>> slots_;
  std::vector<LaunchReport> reports_;  // of the last wait
  size_t next_ = 0;                    // trial to start
  bool stopping_ = false;
  EvaluationRunResult result_;
};

}  // namespace ablate::runner
