// Early stopping (EarlyStopping in proto/experiment.proto): arms are compared at rungs, and some are given up. What is decided
// is a function of the points that trials measured up to the rung, whatever the order in which they came. Pure. Median rule:
// Golovin et al. 2017, Google Vizier, section 3.2.2, made synchronous. Successive halving: Jamieson, Talwalkar 2016,
// arXiv:1502.07943.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "lib/store/writer.h"
#include "proto/experiment.pb.h"
#include "runner/scheduler/scheduler.h"

namespace ablate::runner {

// A trial as the race knows it.
struct Entrant {
  uint32_t arm = 0;  // place in the list of arms
  uint64_t steps = 0;
  uint64_t evaluations = 0;  // evenly spread over the steps, the last one after the last step
};

// Where a trial stands.
struct Standing {
  bool out = false;   // failed, stopped or cancelled: nobody waits for it
  bool done = false;  // succeeded
  uint64_t step = 0;  // of its newest checkpoint
};

class Race {
 public:
  Race(const EarlyStopping& settings, const Metric& metric, std::vector<std::string> arms, std::vector<Entrant> trials);

  bool active() const { return settings_.rule() != EarlyStopping::NONE; }

  // A point of the metric, at any time before it counts. The same point again changes nothing.
  void AddPoint(TrialIndex trial, uint64_t step, double value);

  // What was decided in earlier runs.
  void Load(const std::vector<store::RungDecision>& decisions);

  // The trial goes on to its end, whatever was decided about its arm: somebody asked for it.
  void Free(TrialIndex trial) { free_.insert(trial); }

  // The step after which a trial that has taken `step` steps is to leave; 0: none.
  uint64_t LeaveAfter(TrialIndex trial, uint64_t step) const;

  // What a trial with a checkpoint at `step` may do.
  enum class Gate {
    kGo,
    kWait,  // for the others at a rung
    kStop,  // its arm has been given up
  };
  Gate GateAt(TrialIndex trial, uint64_t step) const;

  // Decides what can be decided: rungs that all trials in the race have reached, or will never reach. Arms that come later to a
  // rung that has been decided (new ones of a changed experiment) are held against those that were compared then.
  std::vector<store::RungDecision> Decide(const std::function<Standing(TrialIndex)>& standing);

 private:
  struct Compared {
    uint32_t arm = 0;
    uint32_t seeds = 0;
    double value = 0;  // larger is better
    double mean = 0;   // of all values so far; larger is better
  };
  using Points = std::map<uint64_t, double>;  // by step

  uint32_t rungs() const { return static_cast<uint32_t>(shares_.size()); }
  uint64_t RungStep(const Entrant& trial, uint32_t rung) const;  // 0: the trial has no such rung
  bool InRaceAt(uint32_t arm, uint32_t rung) const;              // not given up before
  // Arms with trials at the rung of which all others are out.
  std::vector<Compared> ArmsAt(uint32_t rung, const std::function<Standing(TrialIndex)>& standing, bool* all_settled) const;
  Compared Measure(uint32_t arm, uint32_t rung, const std::vector<TrialIndex>& seeds) const;
  std::set<uint32_t> KeptOf(std::vector<Compared> arms) const;
  bool KeptLate(const Compared& late, const std::vector<Compared>& others, uint32_t rung) const;

  const EarlyStopping settings_;
  const double sign_;  // 1: larger is better, -1: smaller
  const std::vector<std::string> arms_;
  const std::vector<Entrant> trials_;
  std::vector<std::vector<TrialIndex>> of_arm_;
  std::vector<double> shares_;
  std::vector<Points> points_;                     // of each trial
  std::vector<std::map<uint32_t, bool>> decided_;  // [rung - 1]: arm -> kept
  std::set<TrialIndex> free_;
};

}  // namespace ablate::runner
