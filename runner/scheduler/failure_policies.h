// What is done about a failure, by its class (FailurePolicy in proto/experiment.proto). Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "proto/experiment.pb.h"
#include "runner/scheduler/scheduler.h"

namespace ablate::runner {

class FailurePolicies {
 public:
  explicit FailurePolicies(const Launching& launching);

  // With the class's own number of retries where the experiment states none. An unknown class is one without retries.
  const FailurePolicy& Of(const std::string& failure_class) const;

  // A trial has failed: whether it is tried again, and after how many seconds. Counts it.
  struct Verdict {
    bool again = false;
    bool alone = false;
    double wait_seconds = 0;
  };
  Verdict Failed(TrialIndex trial, const std::string& failure_class);

  // A trial has failed for good: whether everything is to stop now, since so many in a row did so with this class.
  bool StopsAll(const std::string& failure_class);

  // A trial succeeded: no failures are in a row with those before it.
  void Succeeded() { in_a_row_ = 0; }

  // Forgets how often the trial failed.
  void Forget(TrialIndex trial);

 private:
  std::map<std::string, FailurePolicy> policies_;
  std::map<std::pair<TrialIndex, std::string>, uint32_t> failures_;
  std::string last_class_;
  uint32_t in_a_row_ = 0;
};

}  // namespace ablate::runner
