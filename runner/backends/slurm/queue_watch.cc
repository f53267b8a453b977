#include "runner/backends/slurm/queue_watch.h"

#include <ctime>
#include <utility>

namespace ablate::runner::slurm {
namespace {

constexpr double kLookSeconds = 60;   // a loaded controller takes its time
constexpr double kQuickSeconds = 10;  // of calls that are waited for
constexpr double kJitter = 0.25;

// Jobs may wait in the queue for weeks.
constexpr std::time_t kAccountingSeconds = 60 * 86400;

std::string Day(std::time_t time) {
  std::tm local;
  localtime_r(&time, &local);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d", &local);
  return text;
}

}  // namespace

QueueWatch::QueueWatch(const Commands& commands, double poll_seconds)
    : commands_(commands), poll_seconds_(poll_seconds), random_(std::random_device()()), next_(Clock::now()) {}

bool QueueWatch::Poll(const std::vector<std::string>& job_names) {
  if (call_ != nullptr) {
    if (!call_->Over()) return false;
    Take();
    return trouble_.empty();
  }
  if (job_names.empty() || Clock::now() < next_) return false;
  const double factor = std::uniform_real_distribution<double>(1 - kJitter, 1 + kJitter)(random_);
  next_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(poll_seconds_ * factor));
  asking_ = Clock::now();
  auto call = Call::Start(QueueArguments(commands_, job_names), kLookSeconds);
  if (call.ok()) {
    call_ = *std::move(call);
  } else {
    trouble_ = std::string(call.status().message());
  }
  return false;
}

void QueueWatch::Take() {
  const absl::StatusOr<std::string> answer = call_->answer();
  call_.reset();
  trouble_ = answer.ok() ? "" : std::string(answer.status().message());
  if (!answer.ok()) return;
  tasks_ = ParseQueue(*answer);
  asked_ = asking_;
  ++answers_;
}

const TaskStatus* QueueWatch::Of(const TaskKey& task) const {
  const auto found = tasks_.find(task);
  if (found != tasks_.end()) return &found->second;
  const auto rest = tasks_.find({task.first, 0});
  return rest == tasks_.end() ? nullptr : &rest->second;
}

Tasks QueueWatch::FromAccounting(const std::vector<std::string>& job_names) {
  const std::string since = Day(std::time(nullptr) - kAccountingSeconds);
  const auto answer = Ask(AccountingArguments(commands_, job_names, since), kQuickSeconds);
  return answer.ok() ? ParseAccounting(*answer) : Tasks();
}

std::optional<int> QueueWatch::ExitCodeOf(const std::string& job, uint32_t task) {
  const auto answer = Ask(JobArguments(commands_, job + "_" + std::to_string(task)), kQuickSeconds);
  return answer.ok() ? ParseExitCode(*answer) : std::nullopt;
}

}  // namespace ablate::runner::slurm
