// Which trials run together, in what order, and what a crash means. Pure: no files, no clock, no processes; Session does those.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ablate::runner {

// A trial's place in the experiment, counted from 0.
using TrialIndex = uint32_t;

// A trial that is to run.
struct Runnable {
  TrialIndex trial = 0;
  uint32_t shape = 0;        // equal for trials that may share an array (spec::ArrayKey)
  uint32_t group = 0;        // trials of an array are sorted by it: (normalizer, structure)
  uint64_t seed_rank = 0;    // 0: the first seed of its arm
  uint64_t resume_step = 0;  // steps taken already, in its newest checkpoint; 0: from the start
  double work = 0;           // what is still to do, in a unit that all trials share: expected seconds, or steps
};

// Trials to be trained together by one launch: one shape, one resume step, sorted by (group, trial).
struct Array {
  uint64_t number = 0;  // counted from 1
  std::vector<Runnable> trials;
};

// A trial of a launch that ended before the trial did.
struct OpenTrial {
  TrialIndex trial = 0;
  uint64_t resume_step = 0;  // of its newest checkpoint
};

class Scheduler {
 public:
  struct Options {
    uint32_t slots = 1;             // arrays that run at once
    uint32_t max_array_trials = 8;  // most trials of an array
    uint32_t crash_retries = 1;     // times that a launch of one trial alone is tried again after a crash
  };

  // How often a trial that was alone is tried again, and when. Times are seconds of any clock that Next is asked with.
  struct Again {
    uint32_t retries = 1;
    double back_off = 0;  // before the first retry; each further one waits twice as long
    double now = 0;
  };

  explicit Scheduler(const Options& options) : options_(options) {}

  // Packs trials into arrays that wait, at least until `not_before`. None of them may wait or run already. As many arrays as
  // fill the slots evenly: with N trials and S slots about N / S in each, at most max_array_trials.
  void Add(std::vector<Runnable> trials, double not_before = 0);

  // As Add, each in an array of its own.
  void AddAlone(const std::vector<Runnable>& trials, double not_before = 0);

  // From now on no array of the shape has more than `most` trials (at least 1); waiting ones are split. A later call may allow
  // fewer, never more.
  void Limit(uint32_t shape, uint32_t most);

  // The array to launch at the time `now`, if one waits: first halves of crashed ones, then those that go on from a checkpoint,
  // then first seeds before second ones, and among these the ones with most work, so that none of them is left for the end;
  // else in the experiment's order.
  std::optional<Array> Next(double now = 0);

  // An array that a launch of an earlier runner runs: its number.
  uint64_t Adopt(std::vector<Runnable> trials);

  // The launch of `array` is over; `open` are its trials without an end of their own. If it crashed, `open` is halved, since a
  // crash blames no trial; a trial that was alone is tried `again` and then given up. Without a crash they
  // left and go on later; one that left without a step of progress counts as crashed, so that every history ends. Returns the
  // trials given up.
  std::vector<TrialIndex> Ended(uint64_t array, const std::vector<OpenTrial>& open, bool crashed, const Again& again);
  // With crash_retries.
  std::vector<TrialIndex> Ended(uint64_t array, const std::vector<OpenTrial>& open, bool crashed);

  // The launch of `array` never began: it waits again, as it is.
  void NotStarted(uint64_t array);

  // Takes out and returns all that wait.
  std::vector<TrialIndex> Clear();

  // Forgets how often the trial was tried.
  void Forget(TrialIndex trial) { crashes_alone_.erase(trial); }

  size_t waiting_trials() const { return waiting_trials_; }
  size_t running_arrays() const { return running_.size(); }

 private:
  using Trials = std::vector<Runnable>;
  // (kind: crashed half 0, resumed 1, fresh 2; seed rank; minus its work; first trial; number)
  using Priority = std::tuple<int, uint64_t, double, TrialIndex, uint64_t>;
  struct Waiting {
    Trials trials;
    bool crashed_half;
    double not_before;
  };

  void Enqueue(Trials trials, bool crashed_half, double not_before = 0);
  void EnqueueHalves(Trials trials);
  void EnqueueParts(const Trials& trials, uint64_t parts, bool crashed_half, double not_before);
  // How long the trial waits before it is tried again; nothing if it is given up.
  std::optional<double> Wait(TrialIndex trial, const Again& again);
  uint32_t MostTrials(uint32_t shape) const;
  std::vector<Waiting> TakeLarger(uint32_t shape, size_t most);

  Options options_;
  uint64_t last_number_ = 0;
  size_t waiting_trials_ = 0;
  std::map<Priority, Array> waiting_;
  std::multimap<double, std::pair<Priority, Array>> delayed_;  // by the time from which they may run
  std::unordered_map<uint64_t, Array> running_;
  std::unordered_map<TrialIndex, uint32_t> crashes_alone_;
  std::unordered_map<uint32_t, uint32_t> limits_;  // by shape
};

// The sizes of arrays for `trials` trials of one shape, where `all` trials of any shape are added at once: their sum is
// `trials`, none is larger than max_array_trials, and two differ by at most 1.
std::vector<uint32_t> ArraySizes(uint64_t trials, uint64_t all, const Scheduler::Options& options);

}  // namespace ablate::runner
