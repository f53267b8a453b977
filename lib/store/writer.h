// The one writer of a results database: SQLite in WAL mode, opened under a lock that refuses a second one. Whatever is written
// survives SIGKILL of every process; a power loss may take the last moments, which the event logs still have. For reading see
// lib/store/reader.h. All errors name the database; besides those below: ResourceExhausted on a full disk, Unavailable on other
// trouble with files. After an error nothing of the call is in the database, and the writer may be used on.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/store/file_system.h"
#include "lib/store/merge_report.h"
#include "proto/event.pb.h"
#include "proto/trial.pb.h"

namespace ablate::store {

struct TrialRecord {
  std::string id, arm;
  Trial trial;
  std::vector<std::pair<std::string, std::string>> settings;  // (field, canonical value), sorted
  std::string task_name, model_name;                          // of the oneofs
};

struct ExperimentRecord {
  std::string name, question, text, digest;
  std::string metric, goal, at;     // "validation/accuracy", "MAXIMIZE", "LAST"
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
  std::string system;  // host's kernel, processor and NVIDIA driver, as the runner sees them
  // Digests of texts kept by KeepText; empty: none. Files that git doesn't know, as a patch; the experiment file as read.
  std::string untracked_digest, spec_digest;
  std::string data_files;           // "sst2/dev.tsv sha256:...", one a line, sorted
  std::vector<std::string> trials;  // ids of its array
  std::string shape;                // digest of what they have in common
  uint64_t slot_bytes = 0;          // memory of its slot for tensors; 0: not known
};

// What early stopping decided about an arm.
struct RungDecision {
  std::string arm;
  uint32_t rung = 1;   // counted from 1
  double value = 0;    // that was compared; NaN: none
  uint32_t seeds = 0;  // that the value is a mean over
  bool kept = true;
};

// Facts about a trial that the scheduler needs.
struct TrialStatus {
  std::string id;
  std::string state;             // pending, running, succeeded, stopped, failed, cancelled
  uint32_t attempts = 0;         // begun so far
  uint64_t checkpoint_step = 0;  // of the newest checkpoint whose file is there; 0: none, or succeeded
  std::string checkpoint_path;   // absolute
  uint32_t failures = 0;         // attempts that failed, or were blamed for a crash
};

// Takes the status of the trial at this position of its experiment, counted from 0.
using StatusTaker = std::function<absl::Status(size_t position, const TrialStatus&)>;

class Writer {
 public:
  struct Options {
    // Tells what a folder lies on. Tests replace it.
    std::function<absl::StatusOr<FileSystem>(const std::string& folder)> file_system_of = FileSystemOf;
  };

  // Creates or migrates (with a backup file "PATH.schema-N.backup" first) and locks. FailedPrecondition, with host and pid,
  // while another process holds the lock; FailedPrecondition on a network file system, and on a schema newer than this
  // program's; DataLoss on a file that is no database of ours; NotFound without the folder.
  static absl::StatusOr<std::unique_ptr<Writer>> Open(const std::string& path);
  static absl::StatusOr<std::unique_ptr<Writer>> Open(const std::string& path, const Options& options);
  ~Writer();

  // Inserts the experiment, its trials and their membership; what is there stays, trials no longer in it are unlinked (their
  // results stay). A trial that succeeded in any experiment has that state here at once; others are pending when they are new.
  absl::Status RecordExperiment(const ExperimentRecord& experiment);

  // As above without holding all trials: `trial(i)` makes the i-th of `trials`; those of `experiment` are not looked at.
  absl::Status RecordExperiment(const ExperimentRecord& experiment, size_t trials,
                                const std::function<TrialRecord(size_t)>& trial);

  // State of each trial of an experiment, in any order, none of them held. NotFound if there is no such experiment; also an
  // error of `take`.
  absl::Status ForEachStatus(const std::string& experiment, const StatusTaker& take);
  // All of them, in the experiment's order.
  absl::StatusOr<std::vector<TrialStatus>> Statuses(const std::string& experiment);

  // Before the worker hears of it. Its trials that are pending or failed become running, in all experiments that have them:
  // what happens to a trial is a fact that they share. NotFound for an unknown trial, AlreadyExists for a known launch.
  absl::Status RecordLaunch(const LaunchRecord& launch);

  // Keeps a text that launches refer to by its digest (Sha256), once however often it is given.
  absl::Status KeepText(const std::string& text);

  // Takes all of another database into this one: its experiments, its trials (those with an id that is here already are not
  // doubled), its launches, points and statistics. Of a trial that both have begun, the attempts of the database that got
  // farther count. Checkpoints and logs stay where they are. The other database is only read. FailedPrecondition, saying where,
  // where the two contradict each other, and nothing is taken then; NotFound without the other; InvalidArgument if it is this.
  absl::StatusOr<MergeReport> Merge(const std::string& other_path);

  // Idempotent: events whose sequence was collected already change nothing. One transaction. States of trials follow their
  // AttemptEnd, in all experiments where they are running; a success counts in all. InvalidArgument where the events make no
  // sense (a gap in the sequence, points of a trial that is not in the launch, ...): those before are stored. NotFound for an
  // unknown launch.
  absl::Status Collect(const std::string& launch, const std::vector<Event>& events);

  // The launch is over: "ended", "crashed (signal 9)", ... Trials that did not end become `open_state`: "pending" (to be tried
  // again) or "failed". With a `failure_class` the attempt counts as a failure of its trial; without one it was merely
  // interrupted. All of its log must have been collected. The first call counts, later ones change nothing.
  absl::Status EndLaunch(const std::string& launch, const std::string& exit_reason, const std::string& open_state,
                         const std::string& failure_class, const std::string& message);

  // A line for a person, in the messages of the launch; the same text a second time changes nothing.
  absl::Status AddMessage(const std::string& launch, Note::Severity severity, const std::string& text);

  // Launches without an end: a runner died. (launch name, folder), oldest first.
  absl::StatusOr<std::vector<std::pair<std::string, std::string>>> OpenLaunches();

  // pending, failed, stopped -> cancelled; failed, stopped, cancelled -> pending; a state to itself. FailedPrecondition, naming
  // the state that it has, for anything else; NotFound if the experiment has no such trial.
  absl::Status SetState(const std::string& experiment, const std::string& trial, const std::string& state);

  // A trial that the runner had stopped for a reason that is a failure, a time limit: its attempt in the launch, which ended as
  // stopped, becomes a failed one, and so does the trial where it is stopped. NotFound if there is no such attempt.
  absl::Status FailStopped(const std::string& launch, const std::string& trial, const std::string& failure_class,
                           const std::string& message);

  // All that was decided for the experiment, by rung and arm.
  absl::StatusOr<std::vector<RungDecision>> Rungs(const std::string& experiment);

  // Adds decisions, and stops the pending trials `stopped`: one transaction, so that no restart sees the one without the other.
  // A decision that is there stays. NotFound if there is no such experiment.
  absl::Status RecordRungs(const std::string& experiment, const std::vector<RungDecision>& decisions,
                           const std::vector<std::string>& stopped);

  const std::string& path() const { return path_; }

 private:
  struct State;
  Writer(std::string path, std::unique_ptr<State> state);
  std::string path_;
  std::unique_ptr<State> state_;
};

}  // namespace ablate::store
