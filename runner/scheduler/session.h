// One `ablate run`: brings an experiment's trials to their ends. One thread, which waits for workers, signals and a timer.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/spec/spec.h"
#include "lib/store/writer.h"
#include "runner/backends/backend.h"
#include "runner/collector/collector.h"
#include "runner/scheduler/commands.h"
#include "runner/scheduler/costs.h"
#include "runner/scheduler/failure_policies.h"
#include "runner/scheduler/ledger.h"
#include "runner/scheduler/observer.h"
#include "runner/scheduler/race.h"
#include "runner/scheduler/running_launch.h"
#include "runner/scheduler/scheduler.h"
#include "runner/scheduler/signals.h"

namespace ablate::runner {

struct SessionOptions {
  std::string data_folder;  // absolute
  // Where launches come from: what of their records is the same for the whole run. Asked once, before the first one.
  std::function<store::LaunchRecord()> provenance;
  std::vector<ShapeCost> costs;  // by shape of the ledger; none: nothing is known
};

struct SessionResult {
  StateCounts counts = {};   // of the experiment's trials at the end
  uint64_t ended_here = 0;   // trials that ended in this run
  bool interrupted = false;  // by a signal, or by the experiment's time limit, before all trials had ended
  double seconds = 0;
};

class Session {
 public:
  // All must outlive the session. The store's path is absolute; the ledger is new, and the plan's.
  Session(const spec::Plan& plan, Ledger& ledger, SessionOptions options, store::Writer& store, Backend& backend,
          Observer& observer);

  // Records the experiment, takes over launches of a runner that died, and runs what is missing. An error is the store's or the
  // disk's, or Unavailable where workers can't be started; nothing is lost then, and the next run goes on.
  absl::StatusOr<SessionResult> Run();

 private:
  using Clock = std::chrono::steady_clock;

  // A trial's failure that is still to be judged.
  struct Failure {
    std::string launch;
    TrialIndex trial;
    std::string failure_class, message;
  };
  // How a launch ended. No failure class: as it should.
  struct Ending {
    bool finished;
    std::string failure_class, reason;
  };
  // (trial id, failure class)
  using OldFailures = std::vector<std::pair<std::string, std::string>>;
  // A launch that goes on from an earlier runner's time.
  struct Adopted {
    std::string name, folder;
    std::vector<TrialIndex> trials;
    bool begun;
  };

  absl::Status Prepare();
  absl::Status LoadLedger();
  absl::StatusOr<OldFailures> TakeOver();
  absl::Status RetryOld(const OldFailures& failures);
  absl::Status Adopt();
  absl::Status PlaceAdopted();
  absl::Status LoadRace();
  void LimitArrays();
  absl::Status Loop();

  absl::Status FillSlots();
  absl::Status Start(size_t slot, const Array& array);
  absl::Status WriteFolder(const std::string& name, const std::string& folder, size_t slot, const Array& array) const;
  store::LaunchRecord RecordOf(const std::string& name, size_t slot, const Array& array) const;
  uint64_t SlotBytes(size_t slot) const;

  void Wait();
  absl::Status CollectWhatIsDue();
  void Follow(const std::string& name, const std::vector<Event>& events);
  void FollowPoints(const MetricPoints& points);
  void FollowEnd(const AttemptEnd& end, TrialIndex trial, RunningLaunch& launch);
  void TellEnd(TrialIndex trial, const std::string& message);
  absl::Status CheckLimits();
  absl::Status CheckTrialTimes(RunningLaunch& launch, Clock::time_point now);

  absl::Status EndLaunches();
  absl::Status EndLaunch(size_t slot, const LaunchReport& report);
  absl::Status Continue(size_t slot, const LaunchReport& report);
  absl::Status Follow(size_t slot, const RunningLaunch& before, const std::vector<TrialIndex>& open,
                      const std::string& successor);
  absl::Status Excuse(const RunningLaunch& launch, const LaunchReport& report);
  absl::Status CancelOpen(const RunningLaunch& launch, const std::string& reason);
  double BackOff(const RunningLaunch& launch);
  bool OutOfTime(const RunningLaunch& launch);
  void RemoveLeftOvers();
  Ending EndingOf(const RunningLaunch& launch, const LaunchReport& report, bool finished, const absl::Status& log);
  absl::Status Judge(const RunningLaunch& launch, const Ending& ending);
  absl::Status Blame(const RunningLaunch& launch, const Ending& ending, const std::vector<TrialIndex>& given_up);
  absl::Status NeverBegan(const RunningLaunch& launch, const std::string& reason, bool cannot_run);
  absl::Status SetAside(const RunningLaunch& launch, const std::string& reason, const std::string& failure_class);

  // Lets trials wait for a slot, or at a rung, or ends them there. None of them may wait or run already.
  absl::Status Enlist(const std::vector<TrialIndex>& trials, bool alone = false, double wait_seconds = 0);
  absl::Status JudgeFailures();
  absl::Status MakePending(const std::vector<TrialIndex>& failed);
  void FailForGood(TrialIndex trial, const std::string& failure_class, const std::string& message);
  absl::Status DecideRungs();
  absl::Status EndAtRung(const std::vector<store::RungDecision>& decisions, const std::vector<TrialIndex>& stopped);
  Standing StandingOf(TrialIndex trial) const;

  absl::Status ServeCommands();
  absl::Status Obey(const Command& command);
  absl::Status Cancel(size_t changed);
  void ObeySignals();
  void Stop();
  void EndFatally(absl::Status status);

  RunningLaunch* Find(const std::string& name);
  const std::string& DeviceOf(size_t slot) const;
  double ExpectedSeconds(const Array& array) const;
  bool Idle() const;
  double Now() const { return std::chrono::duration<double>(Clock::now() - begin_).count(); }
  const Launching& launching() const { return plan_.experiment.launching(); }
  const Progress& CurrentProgress();

  const spec::Plan& plan_;
  const SessionOptions options_;
  store::Writer& store_;
  Backend& backend_;
  Observer& observer_;
  Collector collector_;
  Ledger& ledger_;
  Scheduler scheduler_;
  FailurePolicies policies_;
  Race race_;
  Signals signals_;
  const Clock::time_point begin_ = Clock::now();

  std::optional<store::LaunchRecord> provenance_;
  std::vector<Adopted> adopted_;
  std::set<std::string> begun_before_;          // launches whose logs had begun when this run did
  std::map<TrialIndex, uint32_t> in_vain_;      // interruptions in a row without a step between them
  std::map<TrialIndex, uint32_t> time_limits_;  // reached
  std::vector<std::optional<RunningLaunch>> slots_;
  std::vector<LaunchReport> reports_;  // of the last wait
  std::vector<Failure> failures_;      // not yet judged
  std::set<TrialIndex> held_;          // pending, wait at a rung
  bool rungs_due_ = true;              // something has changed that may decide a rung
  Clock::time_point collected_, served_;
  bool hinted_ = false;       // a worker has said that there are events
  bool stopping_ = false;     // no more launches are started
  bool interrupted_ = false;  // ... because of a signal
  bool detached_ = false;     // ... and launches go on without this run
  bool killed_ = false;       // ... and a second one: workers were killed
  bool out_of_time_ = false;  // ... because of the experiment's time limit
  absl::Status fatal_;        // no more launches are started because of this
  bool left_overs_ = false;   // a worker or a runner died, and may have left files that nobody needs
  int never_begun_ = 0;       // launches in a row whose worker died before it said a word
  uint64_t kills_for_memory_;
  uint64_t ended_here_ = 0;
  Progress progress_;
};

}  // namespace ablate::runner
