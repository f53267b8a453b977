// How long a run still takes, from how fast it has been.
#pragma once

#include <optional>

#include "runner/scheduler/observer.h"

namespace ablate::runner {

class TimeLeft {
 public:
  explicit TimeLeft(const Progress& begin) : begin_(begin) {}

  // Seconds, at the mean pace since the beginning, counting trials and parts of running ones alike; steps that a trial took in
  // an earlier run count as if taken in this one. Nothing until a fiftieth of a trial is done, and where none is open.
  std::optional<double> At(const Progress& now) const;

 private:
  Progress begin_;
};

// Trials that have an end, and parts of those that run. Unit: trials.
double TrialsDone(const Progress& progress);

}  // namespace ablate::runner
