// What the runner knows of a launch that it has started.
#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "proto/event.pb.h"
#include "runner/scheduler/ledger.h"
#include "runner/scheduler/observer.h"
#include "runner/scheduler/pulse.h"

namespace ablate::runner {

class RunningLaunch {
 public:
  using Clock = std::chrono::steady_clock;

  RunningLaunch(std::string name, std::string folder, const Array& array, Clock::time_point now);

  const std::string& name() const { return name_; }
  const std::string& folder() const { return folder_; }
  uint64_t array() const { return array_; }
  const std::vector<TrialIndex>& trials() const { return trials_; }
  uint64_t first_step() const { return first_step_; }  // taken before it began

  // Follows an event of its log.
  void Apply(const Event& event);

  void set_begun() { begun_ = true; }                            // its log had been read that far before
  bool begun() const { return begun_; }                          // the worker has said so
  const std::string& last_error() const { return last_error_; }  // of the worker's notes

  double Seconds(Clock::time_point now) const { return std::chrono::duration<double>(now - started_).count(); }
  double SilentSeconds(Clock::time_point now) { return pulse_.SilentSeconds(now); }

  // It waits in a queue: time has not begun for it.
  void Waits(Clock::time_point now) {
    started_ = now;
    pulse_.Excuse(now);
  }

  // A trial's attempt is over for good: what becomes of the trial is no matter of this launch any more. False if it was.
  bool Close(TrialIndex trial) { return closed_.insert(trial).second; }

  // Its trials are not to go on: somebody has cancelled them.
  void set_cancelled() { cancelled_ = true; }
  bool cancelled() const { return cancelled_; }

  // A trial has failed since the array did not fit into memory.
  void AddOutOfMemory(TrialIndex trial, std::string message);
  const std::vector<TrialIndex>& out_of_memory() const { return out_of_memory_; }
  const std::string& out_of_memory_message() const { return out_of_memory_message_; }

  // Why the runner has ended it: a failure class. Empty: it has not.
  const std::string& killed_for() const { return killed_for_; }
  void set_killed_for(std::string failure_class) { killed_for_ = std::move(failure_class); }

  // Trials that have been asked to stop since they take too long.
  std::set<TrialIndex>& timed_out() { return timed_out_; }

  // Its trials without an end, and those that left to go on later.
  std::vector<TrialIndex> Open(const Ledger& ledger) const;

  SlotProgress ProgressOn(const std::string& device, const Ledger& ledger) const;

 private:
  void ApplyStep(uint64_t step, int64_t time_us);

  std::string name_, folder_;
  uint64_t array_;
  std::vector<TrialIndex> trials_;
  bool begun_ = false;
  bool cancelled_ = false;
  std::string last_error_;
  Clock::time_point started_;
  Pulse pulse_;
  std::set<TrialIndex> closed_, timed_out_;
  std::vector<TrialIndex> out_of_memory_;
  std::string out_of_memory_message_, killed_for_;
  uint64_t step_ = 0;  // the newest of any trial
  uint64_t first_step_ = 0;
  uint64_t rate_step_ = 0;  // since when the rate is measured
  int64_t rate_time_us_ = 0;
  double steps_per_second_ = 0;
};

}  // namespace ablate::runner
