// Events into tables: the hot path of the store. Private to lib/store.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/store/name_table.h"
#include "lib/store/results.h"
#include "lib/store/sqlite.h"
#include "proto/event.pb.h"

namespace ablate::store {

class Collection {
 public:
  explicit Collection(Connection& connection);

  // See Writer::Collect.
  absl::Status Collect(const std::string& launch, const std::vector<Event>& events);

  // Drops what is known of the launch, or of all: after its end, after a change of experiments, after a rollback.
  void Forget(const std::string& launch) { launches_.erase(launch); }
  void ForgetAll();

 private:
  struct Attempt {
    int64_t key, trial;
    bool begun;
    int64_t void_from;
    std::vector<CountedMetric> counted;
    int64_t last_step = -1;  // told of in this transaction; -1: none
  };
  struct Launch {
    std::string name;
    int64_t key = 0;
    uint64_t collected = 0;
    std::unordered_map<std::string, Attempt> attempts;  // by trial id
  };

  absl::StatusOr<Launch*> FindLaunch(const std::string& name);
  absl::Status LoadAttempts(Launch* launch);
  absl::StatusOr<Attempt*> FindAttempt(Launch& launch, const std::string& trial, bool must_have_begun);

  absl::Status Apply(Launch& launch, const Event& event);
  absl::Status ApplyLaunchBegin(Launch& launch, const Event& event);
  absl::Status ApplyAttemptBegin(Launch& launch, const Event& event);
  absl::Status ApplyMetricPoints(Launch& launch, const MetricPoints& points);
  absl::Status ApplyStatistics(Launch& launch, const AttentionStatistics& statistics);
  absl::Status ApplyCheckpoint(Launch& launch, const Event& event);
  absl::Status ApplyNote(Launch& launch, const Event& event);
  absl::Status ApplyAttemptEnd(Launch& launch, const Event& event);
  absl::Status ApplyLaunchEnd(Launch& launch, const Event& event);
  absl::Status VoidOlderPoints(const std::string& trial_id, const Attempt& attempt, int64_t first_step);
  absl::StatusOr<int64_t> Snapshot(const Attempt& attempt, int64_t step);
  absl::Status Finish(Launch* launch);  // of a transaction

  Connection& connection_;
  std::unordered_map<std::string, Launch> launches_;
  NameTable metrics_, statistics_, attention_kinds_;
  // Of this transaction: points of metrics that count, by (experiment, trial).
  std::map<std::pair<int64_t, int64_t>, std::pair<CountedMetric, LastAndBest>> results_;
};

// Sets the state of the attempt's trial wherever it is running, unless a newer attempt has taken over; succeeded: everywhere.
absl::Status SetTrialState(Connection& connection, int64_t trial, int64_t attempt, const std::string& state);

}  // namespace ablate::store
