// SlurmBackend's part about what Slurm says of tasks, and about ending them.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "lib/base/files.h"
#include "runner/backends/slurm/attempts.h"
#include "runner/backends/slurm/slurm_backend.h"
#include "runner/backends/slurm/states.h"
#include "runner/backends/slurm/submission.h"
#include "runner/scheduler/launch_folder.h"

namespace ablate::runner::slurm {
namespace {

using Kind = LaunchReport::Kind;
using Cause = LaunchReport::Cause;

// What a task wrote last may reach this machine a little later than what Slurm says of it.
constexpr std::chrono::seconds kSettle{3};
// A task that Slurm has forgotten is lost when it has been silent for so long.
constexpr double kLostSeconds = 60, kNeverSubmittedSeconds = 5;
constexpr std::chrono::seconds kBetweenCancels{2};
constexpr double kCancelSeconds = 60;
constexpr size_t kMostCancelled = 1000;  // in one call

// Reasons that pass by themselves, and need not be told.
bool Passes(const std::string& reason) {
  return reason.empty() || reason == "None" || reason == "Priority" || reason == "Resources" || reason == "BeginTime" ||
         reason == "Cleaning" || reason == "Prolog";
}

}  // namespace

void SlurmBackend::Judge(Reports* reports) {
  const auto now = Clock::now();
  std::vector<Followed*> missing;
  for (auto& [name, followed] : followed_) {
    const TaskStatus* status = watch_.Of(followed.task);
    if (status == nullptr) {
      missing.push_back(&followed);
      continue;
    }
    followed.missing.reset();
    jobs_.emplace(followed.task.first, status->job);
    if (PhaseOf(status->state) != Phase::kOver && !IsHeldForGood(*status)) {
      followed.over_since.reset();
    } else if (!followed.over_since) {
      followed.over_since = now;
      followed.last_word = *status;
    }
  }
  JudgeMissing(missing);
  TellReasons(reports);
}

// Slurm forgets tasks some minutes after their end; one that was never submitted it has never heard of.
void SlurmBackend::JudgeMissing(const std::vector<Followed*>& missing) {
  const auto now = Clock::now();
  std::vector<Followed*> doubtful;
  std::set<std::string> names;
  for (Followed* followed : missing) {
    const bool being_submitted = std::any_of(submissions_.begin(), submissions_.end(), [&](const Submission& submission) {
      return submission.job_name == followed->task.first;
    });
    if (being_submitted || followed->over_since) continue;
    if (!followed->missing) {
      followed->missing.emplace(followed->folder, now);
      followed->missing->SilentSeconds(now);
    } else {
      doubtful.push_back(followed);
      names.insert(followed->task.first);
    }
  }
  if (doubtful.empty()) return;
  const Tasks recorded = options_.cluster.accounting ? watch_.FromAccounting({names.begin(), names.end()}) : Tasks();
  for (Followed* followed : doubtful) {
    const auto found = recorded.find(followed->task);
    const bool submitted = jobs_.count(followed->task.first) > 0 || followed->begun;
    if (found != recorded.end()) {
      if (PhaseOf(found->second.state) != Phase::kOver) continue;
      followed->last_word = found->second;
    } else if (followed->missing->SilentSeconds(now) >= (submitted ? kLostSeconds : kNeverSubmittedSeconds)) {
      followed->last_word = TaskStatus{"", "unknown to Slurm", "None", "", std::nullopt};
    } else {
      continue;
    }
    followed->over_since = now;
  }
}

// Those that Slurm called over, and that have had time to say more themselves.
void SlurmBackend::Settle(Reports* reports) {
  const auto now = Clock::now();
  std::map<TaskKey, std::optional<int>> codes;  // each task is asked for once
  std::vector<std::string> gone;
  for (auto& [name, followed] : followed_) {
    if (!followed.over_since || now - *followed.over_since < kSettle) continue;
    TaskStatus& word = *followed.last_word;
    if (word.state == "FAILED" && !word.exit_code) {
      const auto [code, is_new] = codes.try_emplace(followed.task);
      if (is_new) code->second = watch_.ExitCodeOf(word.job, followed.task.second);
      word.exit_code = code->second;
    }
    reports->push_back(ReportOn(name, followed));
    gone.push_back(name);
  }
  for (const std::string& name : gone) Forget(name);
}

LaunchReport SlurmBackend::ReportOn(const std::string& name, const Followed& followed) const {
  Verdict verdict = VerdictOn(*followed.last_word, followed.begun, followed.left);
  if (followed.killed) return {Kind::kDied, name, "signal 9, Killed"};
  // Ours: a task that waited and was not to begin, or that held another launch which was to die.
  if (verdict.cause == Cause::kCancelled && followed.withdrawn) verdict.cause = Cause::kNotBegun;
  if (verdict.cause == Cause::kInterrupted && !followed.begun && !followed.left) verdict.cause = Cause::kNotBegun;
  if (verdict.cause == Cause::kItself && !followed.begun) {
    const std::string log = JoinPath(SubmissionFolder(options_.launches, followed.task.first), "logs");
    const std::string said = EndOfText(JoinPath(log, fmt::format("{}.txt", followed.task.second)), 2);
    if (!said.empty() && verdict.how != "exit code 127") verdict.how += ": " + said;
  }
  return {Kind::kDied, name, verdict.how, verdict.cause};
}

// Each reason once per job.
void SlurmBackend::TellReasons(Reports* reports) {
  std::map<std::pair<std::string, std::string>, int> waiting;
  for (const auto& [name, followed] : followed_) {
    const TaskStatus* status = watch_.Of(followed.task);
    if (status == nullptr || PhaseOf(status->state) != Phase::kWaiting || Passes(status->reason)) continue;
    ++waiting[{status->job, status->reason}];
  }
  for (const auto& [job_and_reason, launches] : waiting) {
    const auto& [job, reason] = job_and_reason;
    if (!told_.insert(job + "|" + reason).second) continue;
    reports->push_back({Kind::kRemark, "", fmt::format("job {}: {} launches wait: {}", job, launches, reason)});
  }
}

void SlurmBackend::Leave(const std::string& launch) {
  const auto waiting = std::find_if(waiting_.begin(), waiting_.end(), [&](const auto& one) { return one.launch == launch; });
  if (waiting != waiting_.end()) {
    waiting_.erase(waiting);
    dropped_.insert(launch);
  }
  const auto found = followed_.find(launch);
  if (found != followed_.end() && (!found->second.begun || found->second.left)) found->second.withdrawn = true;
}

// Its task sees the file; where the whole task is to go, or does not react, Slurm ends it.
void SlurmBackend::Kill(const std::string& launch) {
  Leave(launch);
  const auto found = followed_.find(launch);
  if (found == followed_.end()) return;
  found->second.killed = true;
  AskToDie(found->second.folder).IgnoreError();
}

// Again and again, until Slurm calls the tasks over: a call may fail, and a task that waited may have begun.
void SlurmBackend::CancelTasks() {
  if (cancel_ != nullptr) {
    if (!cancel_->Over()) return;
    cancel_.reset();
    watch_.Hurry();
  }
  if (Clock::now() - cancelled_ < kBetweenCancels) return;
  std::map<TaskKey, std::pair<bool, bool>> tasks;  // (all of its launches are to die, all need not begin)
  for (const auto& [name, followed] : followed_) {
    auto& [die, rest] = tasks.try_emplace(followed.task, true, true).first->second;
    die &= followed.killed || followed.over_since.has_value();
    rest &= (followed.withdrawn && (!followed.begun || followed.left)) || followed.over_since.has_value();
  }
  for (const bool waiting_only : {false, true}) {
    std::vector<std::string> ids;
    for (const auto& [task, wish] : tasks) {
      const auto job = jobs_.find(task.first);
      const TaskStatus* status = watch_.Of(task);
      const bool over = status != nullptr && PhaseOf(status->state) == Phase::kOver;
      if (job == jobs_.end() || over || !(waiting_only ? wish.second && !wish.first : wish.first)) continue;
      if (ids.size() < kMostCancelled) ids.push_back(fmt::format("{}_{}", job->second, task.second));
    }
    if (ids.empty()) continue;
    auto call = Call::Start(CancelArguments(options_.commands, ids, waiting_only), kCancelSeconds);
    if (call.ok()) cancel_ = *std::move(call);
    cancelled_ = Clock::now();
    return;
  }
}

}  // namespace ablate::runner::slurm
