// What the runner knows of a launch that it has started.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "proto/event.pb.h"
#include "runner/scheduler/ledger.h"
#include "runner/scheduler/observer.h"

namespace ablate::runner {

class RunningLaunch {
 public:
  RunningLaunch(std::string name, std::string folder, const Array& array);

  const std::string& name() const { return name_; }
  const std::string& folder() const { return folder_; }
  uint64_t array() const { return array_; }
  const std::vector<TrialIndex>& trials() const { return trials_; }

  // Follows an event of its log.
  void Apply(const Event& event);

  bool begun() const { return begun_; }                          // the worker has said so
  const std::string& last_error() const { return last_error_; }  // of the worker's notes

  // Its trials without an end, and those that left to go on later.
  std::vector<TrialIndex> Open(const Ledger& ledger) const;

  SlotProgress ProgressOn(const std::string& device, const Ledger& ledger) const;

 private:
  void ApplyStep(uint64_t step, int64_t time_us);

  std::string name_, folder_;
  uint64_t array_;
  std::vector<TrialIndex> trials_;
  bool begun_ = false;
  std::string last_error_;
  uint64_t step_ = 0;       // the newest of any trial
  uint64_t rate_step_ = 0;  // since when the rate is measured
  int64_t rate_time_us_ = 0;
  double steps_per_second_ = 0;
};

}  // namespace ablate::runner
