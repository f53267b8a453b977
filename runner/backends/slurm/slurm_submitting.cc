// SlurmBackend's part about the way into the queue.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "runner/backends/slurm/script.h"
#include "runner/backends/slurm/slurm_backend.h"
#include "runner/backends/slurm/submission.h"

namespace ablate::runner::slurm {
namespace {

using Kind = LaunchReport::Kind;

constexpr double kSubmitSeconds = 120;
constexpr std::chrono::seconds kWaitAfterRefusal{30};

// Words of Slurm for limits on the number of jobs: what is in the queue has to end first.
bool IsLimit(const std::string& message) {
  return absl::StrContains(message, "submit limit") || absl::StrContains(message, "MaxSubmitJob") ||
         absl::StrContains(message, "job limit") || absl::StrContains(message, "temporarily unable to accept");
}

// Words for a controller that may or may not have taken the job.
bool IsUncertain(const absl::Status& status) {
  const std::string message(status.message());
  return absl::IsDeadlineExceeded(status) || absl::StrContains(message, "Unable to contact") ||
         absl::StrContains(message, "timed out") || absl::StrContains(message, "Connection refused") ||
         absl::StrContains(message, "socket") || absl::StrContains(message, "Zero Bytes") ||
         absl::StrContains(message, "killed by signal");
}

}  // namespace

size_t SlurmBackend::TasksInQueue() const {
  std::set<TaskKey> tasks;
  for (const auto& [launch, followed] : followed_) tasks.insert(followed.task);
  return tasks.size();
}

void SlurmBackend::SubmitWaiting(Reports* reports) {
  if (waiting_.empty() || Clock::now() < submit_again_) return;
  const size_t in_queue = TasksInQueue();
  if (in_queue >= most_tasks_) return;
  const std::vector<Waiting> launches(waiting_.begin(), waiting_.end());
  auto tasks = Pack(launches, options_.settings.task_seconds(), options_.workers);
  tasks.resize(std::min(tasks.size(), most_tasks_ - in_queue));
  for (size_t begin = 0; begin < tasks.size();) {
    const size_t end = std::min(tasks.size(), begin + MostTasks(options_.cluster));
    std::vector<std::vector<Waiting>> chunk(tasks.begin() + begin, tasks.begin() + end);
    for (const auto& task : chunk) waiting_.erase(waiting_.begin(), waiting_.begin() + task.size());
    StartSubmission(std::move(chunk), reports);
    begin = end;
  }
}

void SlurmBackend::StartSubmission(std::vector<std::vector<Waiting>> tasks, Reports* reports) {
  Submission submission;
  submission.job_name = JobName(run_, ++chunks_, 1);
  submission.tasks = std::move(tasks);
  const std::string folder = SubmissionFolder(options_.launches, submission.job_name);
  TaskFolders folders;
  for (size_t i = 0; i < submission.tasks.size(); ++i) {
    folders.emplace_back();
    for (const Waiting& launch : submission.tasks[i]) {
      folders.back().push_back(launch.folder);
      Followed followed;
      followed.folder = launch.folder;
      followed.task = {submission.job_name, static_cast<uint32_t>(i + 1)};
      followed_[launch.launch] = std::move(followed);
    }
  }
  const std::string script =
      ScriptOf({options_.settings, submission.job_name, folder, static_cast<uint32_t>(submission.tasks.size()),
                options_.programs.ablate, options_.programs.worker, options_.commands.scontrol, options_.workers});
  submission.failed = WriteSubmission(folder, {submission.job_name, 1}, script, folders);
  if (submission.failed.ok()) {
    auto call = Call::Start(SubmitArguments(options_.commands, JoinPath(folder, "script.sh")), kSubmitSeconds);
    submission.failed = call.status();
    if (call.ok()) submission.call = *std::move(call);
  }
  if (submission.failed.ok()) {
    submissions_.push_back(std::move(submission));
  } else {
    Refused(submission, reports);
  }
}

void SlurmBackend::FollowSubmissions(Reports* reports) {
  for (Submission& submission : std::exchange(submissions_, {})) {
    if (!IsSettled(submission, reports)) submissions_.push_back(std::move(submission));
  }
}

// Whether it is known what became of it.
bool SlurmBackend::IsSettled(Submission& submission, Reports* reports) {
  if (submission.call != nullptr) {
    if (!submission.call->Over()) return false;
    const absl::StatusOr<std::string> answer = submission.call->answer();
    submission.call.reset();
    submission.ended = Clock::now();
    if (const auto job = answer.ok() ? ParseSubmission(*answer) : std::nullopt) {
      Submitted(submission, *job, reports);
      return true;
    }
    submission.failed = answer.ok() ? absl::UnavailableError("sbatch answered: " + *answer) : answer.status();
    if (!IsUncertain(submission.failed)) {
      Refused(submission, reports);
      return true;
    }
    watch_.Hurry();
  }
  // Slurm may have it all the same: its queue tells.
  if (const TaskStatus* status = watch_.Of({submission.job_name, 1}); status != nullptr) {
    Submitted(submission, status->job, reports);
    return true;
  }
  if (!watch_.Since(submission.ended)) return false;
  PutBack(submission);
  return true;
}

void SlurmBackend::Submitted(const Submission& submission, const std::string& job, Reports* reports) {
  jobs_[submission.job_name] = job;
  // Where it can't be written, the name finds the job.
  WriteJob(SubmissionFolder(options_.launches, submission.job_name), job).IgnoreError();
  size_t launches = 0;
  for (const auto& task : submission.tasks) launches += task.size();
  reports->push_back(
      {Kind::kRemark, "",
       fmt::format("job {} ({}): {} launches in {} tasks", job, submission.job_name, launches, submission.tasks.size())});
  watch_.Hurry();
}

void SlurmBackend::Refused(Submission& submission, Reports* reports) {
  const std::string message(submission.failed.message());
  if (IsLimit(message) && (submission.tasks.size() > 1 || TasksInQueue() > 1)) {
    const auto tasks = static_cast<uint32_t>(TasksInQueue());
    PutBack(submission);
    most_tasks_ = std::max(1u, tasks / 2);
    submit_again_ = Clock::now() + kWaitAfterRefusal;
    reports->push_back(
        {Kind::kRemark, "", fmt::format("Slurm takes no {} tasks ({}): from now on at most {}", tasks, message, most_tasks_)});
    return;
  }
  for (const auto& task : submission.tasks) {
    for (const Waiting& launch : task) {
      Forget(launch.launch);
      reports->push_back({Kind::kDied, launch.launch, message});
    }
  }
}

// Under another name: should Slurm know the old one after all, its tasks find their launches claimed.
void SlurmBackend::PutBack(const Submission& submission) {
  MarkOver(SubmissionFolder(options_.launches, submission.job_name));
  std::vector<Waiting> launches;
  for (const auto& task : submission.tasks) {
    for (const Waiting& launch : task) {
      const auto found = followed_.find(launch.launch);
      if (found == followed_.end()) continue;
      if (found->second.withdrawn || found->second.killed) {
        dropped_.insert(launch.launch);
      } else {
        launches.push_back(launch);
      }
      followed_.erase(found);
    }
  }
  waiting_.insert(waiting_.begin(), launches.begin(), launches.end());
}

}  // namespace ablate::runner::slurm
