// One `ablate run`: brings an experiment's trials to their ends. One thread, which waits for workers, signals and a timer.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/spec/spec.h"
#include "lib/store/writer.h"
#include "runner/backends/backend.h"
#include "runner/collector/collector.h"
#include "runner/scheduler/commands.h"
#include "runner/scheduler/ledger.h"
#include "runner/scheduler/observer.h"
#include "runner/scheduler/running_launch.h"
#include "runner/scheduler/scheduler.h"
#include "runner/scheduler/signals.h"

namespace ablate::runner {

struct SessionOptions {
  std::string data_folder;  // absolute
  // Where launches come from: what of their records is the same for the whole run. Asked once, before the first one.
  std::function<store::LaunchRecord()> provenance;
};

struct SessionResult {
  StateCounts counts = {};   // of the experiment's trials at the end
  uint64_t ended_here = 0;   // trials that ended in this run
  bool interrupted = false;  // by a signal, before all trials had ended
  double seconds = 0;
};

class Session {
 public:
  // All must outlive the session. The store's path is absolute.
  Session(const spec::Plan& plan, SessionOptions options, store::Writer& store, Backend& backend, Observer& observer);

  // Records the experiment, takes over launches of a runner that died, and runs what is missing. An error is the store's or the
  // disk's, or Unavailable where workers can't be started; nothing is lost then, and the next run goes on.
  absl::StatusOr<SessionResult> Run();

 private:
  using Clock = std::chrono::steady_clock;

  absl::Status Prepare();
  absl::Status Loop();

  absl::Status FillSlots();
  absl::Status Start(size_t slot, const Array& array);
  absl::Status WriteFolder(const std::string& name, const std::string& folder, size_t slot, const Array& array) const;

  void Wait();
  absl::Status CollectWhatIsDue();
  void Follow(const std::string& name, const std::vector<Event>& events);
  void TellEnd(TrialIndex trial, const std::string& message);

  absl::Status EndLaunches();
  absl::Status EndLaunch(size_t slot, const LaunchReport& report);
  absl::Status Judge(const RunningLaunch& launch, bool finished, const std::string& reason);
  absl::Status NeverBegan(const RunningLaunch& launch, const std::string& reason, bool cannot_run);
  absl::Status SetAside(const RunningLaunch& launch, const std::string& reason, const std::string& failure_class);

  absl::Status ServeCommands();
  absl::Status Obey(const Command& command);
  void ObeySignals();
  void Stop();
  void EndFatally(absl::Status status);

  RunningLaunch* Find(const std::string& name);
  bool Idle() const;
  const Progress& CurrentProgress();

  const spec::Plan& plan_;
  const SessionOptions options_;
  store::Writer& store_;
  Backend& backend_;
  Observer& observer_;
  Collector collector_;
  Ledger ledger_;
  Scheduler scheduler_;
  Signals signals_;
  const Clock::time_point begin_ = Clock::now();

  std::optional<store::LaunchRecord> provenance_;
  std::vector<std::optional<RunningLaunch>> slots_;
  std::vector<LaunchReport> reports_;  // of the last wait
  Clock::time_point collected_, served_;
  bool hinted_ = false;       // a worker has said that there are events
  bool stopping_ = false;     // no more launches are started
  bool interrupted_ = false;  // ... because of a signal
  bool killed_ = false;       // ... and a second one: workers were killed
  absl::Status fatal_;        // no more launches are started because of this
  int never_begun_ = 0;       // launches in a row whose worker died before it said a word
  uint64_t ended_here_ = 0;
  Progress progress_;
};

}  // namespace ablate::runner
