#include "runner/backends/slurm/slurm_backend.h"

#include <fmt/format.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "runner/backends/slurm/attempts.h"
#include "runner/backends/slurm/states.h"
#include "runner/backends/slurm/submission.h"

namespace ablate::runner::slurm {
namespace {

using Kind = LaunchReport::Kind;
using Cause = LaunchReport::Cause;

// A look at the files of so many launches at once is a look at a network file system.
constexpr std::chrono::milliseconds kBetweenLooks{250}, kBetweenLooksPerLaunch{1};
// Attempts that came while nobody looked, or of which one never got its request.
constexpr uint32_t kAttemptsAhead = 4;
constexpr double kTidySeconds = 5;
constexpr useconds_t kBetweenLooksUs = 2000;

std::string RandomWord() {
  uint32_t random = 0;
  if (getrandom(&random, sizeof random, 0) != sizeof random) random = static_cast<uint32_t>(getpid());
  return fmt::format("{:08x}", random);
}

}  // namespace

SlurmBackend::SlurmBackend(Options options)
    : options_(std::move(options)),
      run_(RandomWord()),
      watch_(options_.commands, options_.settings.poll_seconds()),
      most_tasks_(std::min(options_.settings.max_tasks(), options_.cluster.max_jobs)) {}

SlurmBackend::~SlurmBackend() {
  for (const auto& call : tidying_) {
    while (!call->Over()) usleep(kBetweenLooksUs);
  }
}

absl::Status SlurmBackend::Submit(size_t /*slot*/, const std::string& launch, const std::string& folder) {
  const auto expected = expected_.find(launch);
  waiting_.push_back({launch, WithoutLinks(folder), expected == expected_.end() ? 0 : expected->second});
  expected_.erase(launch);
  return absl::OkStatus();
}

Backend::Launches SlurmBackend::Adopt(const Launches& launches) {
  Launches adopted;
  for (const auto& [name, folder] : launches) {
    const std::optional<Place> place = PlaceOf(folder);
    if (!place) continue;
    Followed followed;
    followed.folder = WithoutLinks(folder);
    followed.task = {place->job_name, place->task};
    followed_.emplace(name, std::move(followed));
    const std::string job = ReadJob(SubmissionFolder(options_.launches, place->job_name));
    if (!job.empty()) jobs_[place->job_name] = job;
    adopted.emplace_back(name, folder);
  }
  return adopted;
}

std::vector<LaunchReport> SlurmBackend::Poll() {
  Reports reports;
  for (const std::string& launch : std::exchange(dropped_, {})) {
    reports.push_back({Kind::kDied, launch, "was not submitted yet", Cause::kNotBegun});
  }
  FollowSubmissions(&reports);
  SubmitWaiting(&reports);
  const std::string trouble = watch_.trouble();
  const bool answered = watch_.Poll(JobNames());
  if (trouble.empty() != watch_.trouble().empty()) {
    const std::string text = watch_.trouble().empty() ? "Slurm answers again" : "Slurm does not answer: " + watch_.trouble();
    reports.push_back({Kind::kRemark, "", text});
  }
  if (answered) Judge(&reports);
  LookAtFiles(&reports);
  CancelTasks();
  tidying_.erase(std::remove_if(tidying_.begin(), tidying_.end(), [](const auto& call) { return call->Over(); }),
                 tidying_.end());
  return reports;
}

void SlurmBackend::LookAtFiles(Reports* reports) {
  const auto now = Clock::now();
  if (now - looked_ < kBetweenLooks + kBetweenLooksPerLaunch * followed_.size()) return;
  looked_ = now;
  std::vector<std::string> gone;
  std::vector<std::pair<std::string, std::string>> renamed;
  for (auto& [name, followed] : followed_) {
    const std::string successor = Successor(name, followed);
    if (!successor.empty()) {
      reports->push_back({Kind::kRestarted, name, "Slurm started it again", Cause::kInterrupted, successor});
      renamed.emplace_back(name, successor);
    } else if (LookAtAttempt(name, followed, reports)) {
      gone.push_back(name);
    }
  }
  for (const auto& [name, successor] : renamed) {
    auto node = followed_.extract(name);
    Followed next;
    next.folder = JoinPath(ParentFolder(node.mapped().folder), successor);
    next.task = node.mapped().task;
    followed_.emplace(successor, std::move(next));
  }
  for (const std::string& name : gone) Forget(name);
  Settle(reports);
}

std::string SlurmBackend::Successor(const std::string& name, const Followed& followed) const {
  const AttemptName attempt = ParseAttempt(name);
  const std::string base = JoinPath(ParentFolder(followed.folder), attempt.launch);
  for (uint32_t next = attempt.number + 1; next <= attempt.number + kAttemptsAhead; ++next) {
    const std::string folder = AttemptFolder(base, next);
    if (FileExists(JoinPath(folder, "launch.pb"))) return FileName(folder);
    if (!FileExists(folder)) return "";
  }
  return "";
}

// True if it is over.
bool SlurmBackend::LookAtAttempt(const std::string& name, Followed& followed, Reports* reports) {
  if (!followed.begun) followed.begun = FileExists(JoinPath(followed.folder, "events.log"));
  if (followed.left) return false;
  const std::string outcome = ReadOutcome(followed.folder);
  if (outcome.empty()) return false;
  if (outcome == kLeftTask) {
    followed.left = true;
    watch_.Hurry();
    return false;
  }
  if (outcome == kDone) {
    reports->push_back({Kind::kDone, name, ""});
  } else if (outcome == kMemory) {
    reports->push_back({Kind::kDied, name, "killed by the kernel: no memory left", Cause::kOutOfMemory});
  } else {
    reports->push_back({Kind::kDied, name, outcome});
  }
  return true;
}

bool SlurmBackend::Computes(const std::string& launch) const {
  const auto found = followed_.find(launch);
  if (found == followed_.end() || !found->second.begun || found->second.left) return false;
  const TaskStatus* status = watch_.Of(found->second.task);
  return status == nullptr || PhaseOf(status->state) == Phase::kRunning;
}

std::vector<std::string> SlurmBackend::JobNames() const {
  std::set<std::string> names;
  for (const auto& [launch, followed] : followed_) names.insert(followed.task.first);
  for (const Submission& submission : submissions_) names.insert(submission.job_name);
  return {names.begin(), names.end()};
}

void SlurmBackend::Forget(const std::string& launch) {
  const auto found = followed_.find(launch);
  if (found == followed_.end()) return;
  const std::string job_name = found->second.task.first;
  followed_.erase(found);
  const bool more =
      std::any_of(followed_.begin(), followed_.end(), [&](const auto& other) { return other.second.task.first == job_name; });
  if (more) return;
  MarkOver(SubmissionFolder(options_.launches, job_name));
  jobs_.erase(job_name);
  // A task may be back in the queue though its launches are over: its node had been lost, or Slurm's memory.
  auto call = Call::Start(CancelNameArguments(options_.commands, job_name), kTidySeconds);
  if (call.ok()) tidying_.push_back(*std::move(call));
}

}  // namespace ablate::runner::slurm
