// Launches as tasks of array jobs. Launches that are submitted together are packed into tasks (packing.h), tasks into array
// jobs no larger than the cluster allows (submission.h). From then on they need no runner: a task runs its launches (task.h),
// begins them anew when Slurm starts it again (attempts.h), and a runner that comes back adopts them.
//
// What becomes of a launch is told, in this order, by its outcome file, by Slurm, and by its log. A task that Slurm calls over
// has its verdict (states.h); one that Slurm has forgotten is lost when its log stays silent.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "proto/experiment.pb.h"
#include "runner/backends/backend.h"
#include "runner/backends/slurm/cluster.h"
#include "runner/backends/slurm/packing.h"
#include "runner/backends/slurm/programs.h"
#include "runner/backends/slurm/queue_watch.h"
#include "runner/scheduler/pulse.h"

namespace ablate::runner::slurm {

class SlurmBackend : public Backend {
 public:
  struct Options {
    Slurm settings;
    Commands commands;
    Cluster cluster;
    Programs programs;     // frozen
    std::string launches;  // folder of all launches; absolute, as nodes know it
    uint32_t workers = 1;  // of a task
    Capabilities capabilities;
  };

  explicit SlurmBackend(Options options);
  ~SlurmBackend() override;

  const Capabilities& capabilities() const override { return options_.capabilities; }
  void Expect(const std::string& launch, double seconds) override { expected_[launch] = seconds; }
  absl::Status Submit(size_t slot, const std::string& launch, const std::string& folder) override;
  Launches Adopt(const Launches& launches) override;
  std::vector<LaunchReport> Poll() override;
  std::vector<int> Descriptors() const override { return {}; }
  bool Computes(const std::string& launch) const override;
  void Leave(const std::string& launch) override;
  void Kill(const std::string& launch) override;

 private:
  using Clock = std::chrono::steady_clock;
  using Reports = std::vector<LaunchReport>;

  // A launch that was given to a task.
  struct Followed {
    std::string folder;  // of the newest attempt
    TaskKey task;
    bool begun = false;   // its worker has written something
    bool left = false;    // its outcome says so, and Slurm has not said what follows
    bool killed = false;  // by us
    bool withdrawn = false;
    std::optional<Clock::time_point> over_since;  // by Slurm, without a word of its own
    std::optional<Pulse> missing;                 // Slurm does not know it: whether it lives all the same
    std::optional<TaskStatus> last_word;          // of Slurm, once it is over
  };

  // A call of sbatch.
  struct Submission {
    std::string job_name;
    std::vector<std::vector<Waiting>> tasks;
    std::unique_ptr<Call> call;  // null: has ended
    Clock::time_point ended;     // when it failed; whether Slurm has the job is then to be seen
    absl::Status failed;
  };

  void SubmitWaiting(Reports* reports);
  void StartSubmission(std::vector<std::vector<Waiting>> tasks, Reports* reports);
  void FollowSubmissions(Reports* reports);
  bool IsSettled(Submission& submission, Reports* reports);
  void Submitted(const Submission& submission, const std::string& job, Reports* reports);
  void Refused(Submission& submission, Reports* reports);
  void PutBack(const Submission& submission);
  size_t TasksInQueue() const;

  void LookAtFiles(Reports* reports);
  bool LookAtAttempt(const std::string& name, Followed& followed, Reports* reports);
  std::string Successor(const std::string& name, const Followed& followed) const;

  void Judge(Reports* reports);
  void JudgeMissing(const std::vector<Followed*>& missing);
  void Settle(Reports* reports);
  LaunchReport ReportOn(const std::string& name, const Followed& followed) const;
  void TellReasons(Reports* reports);
  void CancelTasks();
  std::vector<std::string> JobNames() const;
  void Forget(const std::string& launch);

  const Options options_;
  const std::string run_;  // tells the job names of this run from all others
  QueueWatch watch_;
  std::map<std::string, double> expected_;
  std::deque<Waiting> waiting_;
  std::map<std::string, Followed> followed_;  // by launch
  std::map<std::string, std::string> jobs_;   // number of the job, by its name, once it is known
  std::vector<Submission> submissions_;       // that Slurm has not confirmed
  std::set<std::string> dropped_;             // launches that were waiting and need not begin
  uint32_t chunks_ = 0;
  uint32_t most_tasks_;  // in the queue; fewer once the cluster has refused so many
  Clock::time_point looked_, submit_again_;
  std::set<std::string> told_;                  // remarks about waiting tasks
  std::vector<std::unique_ptr<Call>> tidying_;  // last words about jobs that are over
  std::unique_ptr<Call> cancel_;
  Clock::time_point cancelled_;
};

}  // namespace ablate::runner::slurm
