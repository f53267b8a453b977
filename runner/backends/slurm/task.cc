#include "runner/backends/slurm/task.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "proto/launch.pb.h"
#include "runner/backends/local/local_backend.h"
#include "runner/backends/slurm/attempts.h"
#include "runner/backends/slurm/call.h"
#include "runner/backends/slurm/states.h"
#include "runner/backends/slurm/submission.h"
#include "runner/devices/memory.h"

namespace ablate::runner::slurm {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kWaitMs = 200;
constexpr std::chrono::seconds kBetweenLooks{1};  // at control folders, which may be on a slow file system
constexpr double kRequeueSeconds = 60;
// For Slurm to end a task that it has put back into the queue.
constexpr unsigned kWaitForTheEndSeconds = 300;

constexpr int kAllWell = 0, kSomeDied = 1;

// Workers inherit that the signals are ignored (the kernel shows them to a signalfd all the same), so that they live on when
// Slurm signals all processes of the task.
int TakeSignals() {
  sigset_t taken;
  sigemptyset(&taken);
  for (const int number : {SIGUSR2, SIGTERM}) {
    sigaddset(&taken, number);
    signal(number, SIG_IGN);
  }
  sigprocmask(SIG_BLOCK, &taken, nullptr);
  return signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
}

void Say(const std::string& text) {
  fmt::print("ablate slurm-task: {}\n", text);
  std::fflush(stdout);
}

std::string DeviceOf(const std::string& launch_folder) {
  LaunchRequest request;
  const auto bytes = ReadFile(JoinPath(launch_folder, "launch.pb"));
  if (bytes.ok()) request.ParseFromString(*bytes);
  return request.device();
}

class Task {
 public:
  Task(const TaskOptions& options, std::vector<std::string> launches)
      : options_(options),
        signals_(TakeSignals()),
        waiting_(launches.begin(), launches.end()),
        backend_(options.worker, std::vector<std::string>(options.workers, DeviceOf(launches.front()))),
        slots_(options.workers) {}

  int Run() {
    while (true) {
      if (leave_for_ == 0) FillSlots();
      if (Idle()) break;
      Wait();
      ObeySignals();
      for (const LaunchReport& report : backend_.Poll()) Follow(report);
      LookAtControl();
    }
    if (leave_for_ == SIGUSR2) return Requeue();
    if (leave_for_ == SIGTERM) return kTerminated;
    return died_ ? kSomeDied : kAllWell;
  }

 private:
  struct Running {
    std::string name, folder;
    bool closed = false;
  };

  bool Idle() const {
    for (const auto& running : slots_) {
      if (running) return false;
    }
    return leave_for_ != 0 || waiting_.empty();
  }

  void FillSlots() {
    for (size_t slot = 0; slot < slots_.size(); ++slot) {
      while (!slots_[slot] && !waiting_.empty()) {
        const std::string base = waiting_.front();
        waiting_.pop_front();
        const auto folder = ClaimAttempt(base);
        if (!folder.ok()) {
          Say(std::string(folder.status().message()));
          died_ = true;
        } else if (*folder) {
          Start(slot, **folder);
        }
      }
    }
  }

  void Start(size_t slot, const std::string& folder) {
    const std::string name = FileName(folder);
    Say("runs " + name);
    const absl::Status started = backend_.Submit(slot, name, folder);
    if (started.ok()) {
      slots_[slot] = Running{name, folder};
    } else {
      End(folder, std::string(started.message()));
    }
  }

  void Wait() {
    std::vector<pollfd> files = {{signals_, POLLIN, 0}};
    for (const int file : backend_.Descriptors()) files.push_back({file, POLLIN, 0});
    poll(files.data(), files.size(), kWaitMs);
  }

  void ObeySignals() {
    signalfd_siginfo info;
    while (read(signals_, &info, sizeof info) == sizeof info) {
      if (leave_for_ != 0) continue;
      leave_for_ = static_cast<int>(info.ssi_signo);
      Say(leave_for_ == SIGUSR2 ? "time is nearly up (SIGUSR2)" : "cancelled (SIGTERM)");
      for (const auto& running : slots_) {
        if (running && !AskToLeaveTask(running->folder).ok()) backend_.Kill(running->name);
      }
    }
  }

  void Follow(const LaunchReport& report) {
    if (report.kind == LaunchReport::Kind::kEvents) return;
    for (auto& running : slots_) {
      if (!running || running->name != report.launch) continue;
      const Running ended = *std::exchange(running, std::nullopt);
      if (ended.closed) return Say(ended.name + " was closed by its runner");
      if (report.kind == LaunchReport::Kind::kDone) return End(ended.folder, leave_for_ != 0 ? kLeftTask : kDone);
      // The kernel does not say whom it killed, but it did so in the group of this task, or beside it.
      const bool memory = absl::StartsWith(report.how, "signal 9,") && KillsForMemory() > kills_for_memory_;
      kills_for_memory_ = KillsForMemory();
      return End(ended.folder, memory ? kMemory : report.how);
    }
  }

  void End(const std::string& folder, const std::string& outcome) {
    Say(fmt::format("{}: {}", FileName(folder), outcome));
    died_ |= outcome != kDone && outcome != kLeftTask;
    const absl::Status written = WriteOutcome(folder, outcome);
    if (!written.ok()) Say(std::string(written.message()));
  }

  void LookAtControl() {
    if (Clock::now() - looked_ < kBetweenLooks) return;
    looked_ = Clock::now();
    for (auto& running : slots_) {
      if (!running) continue;
      running->closed = IsClosed(running->folder);
      if (running->closed || IsToDie(running->folder)) backend_.Kill(running->name);
    }
  }

  // Slurm ends this process when it has put the task back.
  int Requeue() {
    const char* job = std::getenv("SLURM_JOB_ID");
    const auto answer = Ask({options_.scontrol, "requeue", job == nullptr ? "" : job}, kRequeueSeconds);
    if (!answer.ok()) {
      Say(fmt::format("could not be put back into the queue: {}", std::string(answer.status().message())));
      return kNotRequeued;
    }
    sleep(kWaitForTheEndSeconds);
    return kNotRequeued;
  }

  const TaskOptions& options_;
  const int signals_;
  std::deque<std::string> waiting_;  // folders of launches
  LocalBackend backend_;
  std::vector<std::optional<Running>> slots_;
  int leave_for_ = 0;  // the signal that ends the task
  bool died_ = false;  // a worker
  uint64_t kills_for_memory_ = KillsForMemory();
  Clock::time_point looked_ = Clock::now();
};

}  // namespace

int RunTask(const TaskOptions& options) {
  const char* text = std::getenv("SLURM_ARRAY_TASK_ID");
  uint32_t index = 0;
  if (text == nullptr || !absl::SimpleAtoi(text, &index)) {
    Say("is for the batch scripts that `ablate run --backend slurm` writes: $SLURM_ARRAY_TASK_ID is not set");
    return kSomeDied;
  }
  auto launches = ReadTask(options.submission, index);
  if (!launches.ok()) {
    Say(std::string(launches.status().message()));
    return kSomeDied;
  }
  return Task(options, *std::move(launches)).Run();
}

}  // namespace ablate::runner::slurm
