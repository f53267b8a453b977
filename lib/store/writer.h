// The one writer of a results database: SQLite in WAL mode, opened under a lock that refuses a second one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/event.pb.h"
#include "proto/trial.pb.h"

struct sqlite3;

namespace ablate::store {

struct TrialRecord {
  std::string id, arm;
  Trial trial;
  std::vector<std::pair<std::string, std::string>> settings;  // (field, canonical value), sorted
  std::string task_name, model_name;                          // of the oneofs
};

struct ExperimentRecord {
  std::string name, question, text, digest;
  std::string metric, goal, at;  // "validation/accuracy", "MAXIMIZE", "LAST"
  std::vector<TrialRecord> trials;  // all of it; arms in order of first appearance
  struct Claim {
    std::string arm, baseline, source;
    double at_least = 0;
  };
  std::vector<Claim> claims;
};

struct LaunchRecord {
  std::string launch;  // name
  std::string folder;  // relative to the database's folder if below it
  std::string backend, device, command_line, git_commit, git_diff_digest, ablate_version;
  std::vector<std::string> trials;  // ids of its array
};

// Facts about a trial that the scheduler needs.
struct TrialStatus {
  std::string id;
  std::string state;              // pending, running, succeeded, stopped, failed, cancelled
  uint32_t attempts = 0;          // begun so far
  uint64_t checkpoint_step = 0;   // of the newest checkpoint; 0: none
  std::string checkpoint_path;    // absolute
  uint32_t failures = 0;          // attempts that failed or crashed
};

class Writer {
 public:
  // Creates or migrates (with a backup file first) and locks. FailedPrecondition, with host and pid, while another process
  // holds the lock; FailedPrecondition on a schema newer than this program's; DataLoss on a file that is no database of ours.
  static absl::StatusOr<std::unique_ptr<Writer>> Open(const std::string& path);
  ~Writer();

  // Inserts the experiment, its trials and their membership; what is there stays, trials no longer in it are unlinked (their
  // results stay). A trial that succeeded in any experiment has that state here at once.
  absl::Status RecordExperiment(const ExperimentRecord& experiment);

  // State of each trial of an experiment, in its order.
  absl::StatusOr<std::vector<TrialStatus>> Statuses(const std::string& experiment);

  // Before the worker hears of it. Sets its trials to running.
  absl::Status RecordLaunch(const LaunchRecord& launch);

  // Idempotent: events whose sequence was collected already change nothing. One transaction.
  absl::Status Collect(const std::string& launch, const std::vector<Event>& events);

  // The launch is over: "ended", "crashed (signal 9)", ... Attempts without an AttemptEnd become `open_state`:
  // "pending" (to be tried again) or "failed" with class and message.
  absl::Status EndLaunch(const std::string& launch, const std::string& exit_reason, const std::string& open_state,
                         const std::string& failure_class, const std::string& message);

  // Launches without an end: a runner died. (launch name, folder)
  absl::StatusOr<std::vector<std::pair<std::string, std::string>>> OpenLaunches();

  // pending/failed -> cancelled, and back.
  absl::Status SetState(const std::string& experiment, const std::string& trial, const std::string& state);

  const std::string& path() const { return path_; }

 private:
  struct Lock;
  Writer(std::string path, sqlite3* database, std::unique_ptr<Lock> lock);
  std::string path_;
  sqlite3* database_;
  std::unique_ptr<Lock> lock_;
};

}  // namespace ablate::store
