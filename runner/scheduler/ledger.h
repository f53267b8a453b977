// What the runner knows of each trial: made from the plan, set from the store, kept up to date by events. No I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/spec/spec.h"
#include "lib/store/writer.h"
#include "proto/event.pb.h"
#include "proto/launch.pb.h"
#include "runner/scheduler/observer.h"
#include "runner/scheduler/race.h"
#include "runner/scheduler/scheduler.h"

namespace ablate::runner {

class Ledger {
 public:
  // `plan` must outlive the ledger and stay as it is.
  explicit Ledger(const spec::Plan& plan);

  // Takes over the store's states, which are those of the plan's trials in its order.
  absl::Status Load(const std::vector<store::TrialStatus>& statuses);

  size_t size() const { return entries_.size(); }
  const std::string& id(TrialIndex trial) const { return plan_.trials[trial].id; }
  const std::string& arm(TrialIndex trial) const { return plan_.trials[trial].arm; }
  uint64_t seed(TrialIndex trial) const { return entries_[trial].seed; }
  uint64_t steps(TrialIndex trial) const { return entries_[trial].steps; }
  uint64_t checkpoint_step(TrialIndex trial) const { return entries_[trial].checkpoint_step; }
  TrialState state(TrialIndex trial) const { return entries_[trial].state; }
  double metric(TrialIndex trial) const { return entries_[trial].metric; }
  const StateCounts& counts() const { return counts_; }

  // Shapes: trials of one may share an array. Numbered from 0.
  uint32_t shapes() const { return static_cast<uint32_t>(shape_digests_.size()); }
  uint32_t shape(TrialIndex trial) const { return entries_[trial].shape; }
  const std::string& ShapeDigest(uint32_t shape) const { return shape_digests_[shape]; }
  Trial TrialOfShape(uint32_t shape) const;  // one of them

  // Expected time of a training step, by shape; what is unknown counts as 10 ms. Before it is called all steps count the same.
  void set_step_seconds(std::vector<double> seconds) { step_seconds_ = std::move(seconds); }

  // Time in training, over all launches of this run.
  double seconds(TrialIndex trial) const { return entries_[trial].seconds; }
  void AddSeconds(TrialIndex trial, double seconds) { entries_[trial].seconds += seconds; }

  // As Race wants them; arms are counted in the plan's order.
  std::vector<Entrant> Entrants() const;

  std::vector<TrialIndex> InState(TrialState state) const;
  // Internal if one of the ids is no trial's.
  absl::StatusOr<std::vector<TrialIndex>> Indices(const std::vector<std::string>& ids) const;
  // For Scheduler::Add.
  std::vector<Runnable> Runnables(const std::vector<TrialIndex>& trials) const;
  // For launch.pb.
  TrialRequest Request(TrialIndex trial) const;

  void SetState(TrialIndex trial, TrialState state);

  // Follows an event of a launch in `folder`. The trial that it ended, if it did.
  std::optional<TrialIndex> Apply(const Event& event, const std::string& folder);

  // Whether the last checkpoint of a trial that succeeded stays.
  bool KeepsWeights() const {
    return plan_.experiment.launching().keep_weights() || plan_.experiment.evaluation_size() > 0;
  }

  // Files of checkpoints that nobody needs any more, since the trial has a newer one, or has succeeded and its weights are not
  // to be kept. Each is told once.
  std::vector<std::string> TakeNeedlessCheckpoints();

 private:
  struct Entry {
    TrialState state = TrialState::kPending;
    uint32_t shape = 0;      // spec::ArrayKey, numbered
    uint32_t group = 0;      // (normalizer, structure), in their order
    uint32_t seed_rank = 0;  // in its arm
    uint32_t attempts = 0;   // begun
    uint64_t seed = 0;
    uint64_t steps = 0;
    uint64_t checkpoint_step = 0;
    std::string checkpoint;  // absolute path
    double metric;           // of the last, or best, evaluation seen
    double seconds = 0;
  };

  void ApplyPoints(const MetricPoints& points);
  void ApplyCheckpoint(const CheckpointWritten& written, const std::string& folder);
  TrialIndex ApplyEnd(const AttemptEnd& end, TrialIndex trial);
  std::optional<TrialIndex> IndexOf(const std::string& id) const;

  const spec::Plan& plan_;
  std::vector<Entry> entries_;
  std::vector<TrialIndex> by_id_;  // in the order of their ids
  StateCounts counts_ = {};
  std::vector<std::string> needless_;
  std::vector<std::string> shape_digests_;
  std::vector<TrialIndex> first_of_shape_;
  std::vector<double> step_seconds_;
};

// "failed" -> kFailed; nothing for a word that is no state.
std::optional<TrialState> ParseTrialState(const std::string& name);

}  // namespace ablate::runner
