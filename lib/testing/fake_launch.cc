#include "lib/testing/fake_launch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"

namespace ablate::testing {
namespace {

using Clock = std::chrono::steady_clock;

struct Running {
  const TrialRequest* request;
  uint64_t step = 0;   // taken
  uint64_t state = 0;  // all steps so far, mixed
  Clock::time_point checkpointed = Clock::now();
};

// SplitMix64's finalizer.
uint64_t Mixed(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

double Noise(uint64_t state) { return static_cast<double>(state >> 11) * 0x1p-53; }

uint64_t StateAtStart(const Trial& trial) {
  uint64_t state = Mixed(trial.seed() + 1);
  for (const char c : trial.attention().SerializeAsString()) state = Mixed(state + static_cast<unsigned char>(c));
  return state;
}

// After step round(i steps / evaluations), as lib/training.
bool EvaluatedAt(const Training& training, uint64_t step) {
  const uint64_t steps = training.steps(), evaluations = std::min<uint64_t>(training.evaluations(), steps);
  const uint64_t near = step * evaluations / steps;
  for (uint64_t i = near; i <= near + 1; ++i) {
    if (i > 0 && (2 * i * steps + evaluations) / (2 * evaluations) == step) return true;
  }
  return false;
}

class FakeLaunch {
 public:
  FakeLaunch(const LaunchRequest& request, const std::string& folder, const FakeOptions& options, eventlog::Writer& log)
      : request_(request), folder_(folder), options_(options), log_(log) {
    for (uint64_t i = 1; i < options.metrics; ++i) more_metrics_.push_back(fmt::format("train/more_{}", i));
  }

  absl::Status Run() {
    for (const TrialRequest& request : request_.trial()) RETURN_IF_ERROR(Begin(request));
    while (!running_.empty() && !silent_) {
      RETURN_IF_ERROR(ObeyCommands());
      if (!running_.empty() && running_[0].step == request_.leave_after_step() && running_[0].step > 0) {
        RETURN_IF_ERROR(LeaveAll());
      } else if (OutOfMemory()) {
        while (!running_.empty()) RETURN_IF_ERROR(Fail(running_.size() - 1, "out_of_memory", "the array does not fit"));
      } else {
        RETURN_IF_ERROR(Step());
      }
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Begin(const TrialRequest& request) {
    Running trial{&request};
    trial.state = StateAtStart(request.trial());
    if (request.has_checkpoint()) {
      ASSIGN_OR_RETURN(const std::string content, ReadFile(request.checkpoint()));
      const std::vector<std::string> words = absl::StrSplit(content, ' ');
      if (words.size() != 2 || !absl::SimpleAtoi(words[0], &trial.step) || !absl::SimpleAtoi(words[1], &trial.state)) {
        return absl::DataLossError(request.checkpoint() + ": not a checkpoint");
      }
    }
    Event event;
    event.mutable_attempt_begin()->set_trial(request.id());
    event.mutable_attempt_begin()->set_attempt(request.attempt());
    event.mutable_attempt_begin()->set_first_step(trial.step + 1);
    running_.push_back(trial);
    return log_.Append(event);
  }

  absl::Status Leave(size_t i) {
    if (running_[i].step > 0) RETURN_IF_ERROR(Checkpoint(running_[i]));
    return End(i, AttemptEnd::LEFT);
  }

  absl::Status LeaveAll() {
    while (!running_.empty()) RETURN_IF_ERROR(Leave(running_.size() - 1));
    return absl::OkStatus();
  }

  bool OutOfMemory() const {
    for (const Fault& fault : options_.faults) {
      if (fault.kind != Fault::Kind::kMemory || running_.size() < fault.trials) continue;
      for (const Running& trial : running_) {
        if (Strikes(fault, trial.request->trial().seed(), trial.step + 1, options_.counting_folder)) return true;
      }
    }
    return false;
  }

  absl::Status ObeyCommands() {
    utimensat(AT_FDCWD, JoinPath(folder_, "control").c_str(), nullptr, 0);  // the heartbeat
    ASSIGN_OR_RETURN(const std::vector<std::string> commands, ListFolder(JoinPath(folder_, "control")));
    for (const std::string& command : commands) {
      for (size_t i = running_.size(); i-- > 0;) {
        Running& trial = running_[i];
        if (command == "checkpoint_and_leave") {
          RETURN_IF_ERROR(Leave(i));
        } else if (command == "stop_" + trial.request->id()) {
          RETURN_IF_ERROR(End(i, AttemptEnd::STOPPED));
        }
      }
    }
    return absl::OkStatus();
  }

  absl::Status Step() {
    if (running_.empty()) return absl::OkStatus();
    if (options_.step_us > 0) usleep(static_cast<useconds_t>(options_.step_us));
    for (size_t i = running_.size(); i-- > 0;) RETURN_IF_ERROR(StepOf(i));
    if (options_.on_step) options_.on_step();
    return absl::OkStatus();
  }

  absl::Status StepOf(size_t i) {
    Running& trial = running_[i];
    const Training& training = trial.request->trial().training();
    for (const Fault& fault : options_.faults) {
      if (fault.kind == Fault::Kind::kMemory) continue;
      if (!Strikes(fault, trial.request->trial().seed(), trial.step + 1, options_.counting_folder)) continue;
      if (fault.kind == Fault::Kind::kNan) return Fail(i, "nan", fmt::format("the loss is NaN at step {}", trial.step + 1));
      Commit(fault);
      if (silent_) return absl::OkStatus();
    }
    ++trial.step;
    trial.state = Mixed(trial.state + trial.step);
    RETURN_IF_ERROR(LogPoints(trial, training));
    if (trial.step == training.steps()) return End(i, AttemptEnd::SUCCEEDED);
    if (Clock::now() - trial.checkpointed >= std::chrono::duration<double>(training.checkpoint_seconds()))
      return Checkpoint(trial);
    return absl::OkStatus();
  }

  void Commit(const Fault& fault) {
    switch (fault.kind) {
      case Fault::Kind::kCrash:
        fmt::print(stderr, "fake worker: about to crash\n");
        signal(SIGSEGV, SIG_DFL);
        raise(SIGSEGV);
        break;
      case Fault::Kind::kExit:
        _exit(3);
      case Fault::Kind::kHang:
        while (true) pause();
      case Fault::Kind::kSilent:
        silent_ = true;
        break;
      case Fault::Kind::kTorn: {
        const int file = open(JoinPath(folder_, "events.log").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
        if (file < 0 || write(file, "\x40\0\0\0torn", 8) != 8) _exit(4);
        raise(SIGKILL);
        break;
      }
      case Fault::Kind::kFull:
        _exit(6);
      case Fault::Kind::kBusy:
        sleep(1);
        break;
      case Fault::Kind::kMemory:
      case Fault::Kind::kNan:
        break;
    }
  }

  absl::Status LogPoints(const Running& trial, const Training& training) {
    Event event;
    MetricPoints& points = *event.mutable_metric_points();
    const auto add = [&](const char* metric, double value) {
      points.add_metric(metric);
      points.add_value(value);
    };
    const double learned = 1 - std::exp(-static_cast<double>(trial.step) / training.steps());
    if (trial.step % training.log_every_steps() == 0 || trial.step == training.steps()) {
      add("train/loss", 1 - learned + 0.1 * Noise(trial.state));
      for (const std::string& metric : more_metrics_) add(metric.c_str(), Noise(trial.state));
    }
    if (EvaluatedAt(training, trial.step)) {
      add("validation/loss", 1 - learned + 0.05 * Noise(Mixed(trial.state)));
      add("validation/accuracy", 0.5 + 0.5 * learned + 0.1 * Noise(Mixed(trial.state + 1)));
    }
    if (points.metric_size() == 0) return absl::OkStatus();
    points.set_trial(trial.request->id());
    points.set_step(trial.step);
    return log_.Append(event);
  }

  absl::Status Checkpoint(Running& trial) {
    const std::string path = JoinPath("checkpoints", trial.request->id());
    const std::string content = fmt::format("{} {}", trial.step, trial.state);
    RETURN_IF_ERROR(MakeFolders(JoinPath(folder_, "checkpoints")));
    RETURN_IF_ERROR(WriteFileAtomically(JoinPath(folder_, path), content));
    trial.checkpointed = Clock::now();
    Event event;
    CheckpointWritten& written = *event.mutable_checkpoint_written();
    written.set_trial(trial.request->id());
    written.set_step(trial.step);
    written.set_path(path);
    written.set_bytes(content.size());
    return log_.Append(event);
  }

  absl::Status End(size_t i, AttemptEnd::Outcome outcome) { return End(i, outcome, "", ""); }

  absl::Status Fail(size_t i, const std::string& failure_class, const std::string& message) {
    return End(i, AttemptEnd::FAILED, failure_class, message);
  }

  absl::Status End(size_t i, AttemptEnd::Outcome outcome, const std::string& failure_class, const std::string& message) {
    Event event;
    AttemptEnd& end = *event.mutable_attempt_end();
    end.set_trial(running_[i].request->id());
    end.set_step(running_[i].step);
    end.set_outcome(outcome);
    if (outcome == AttemptEnd::FAILED) {
      end.set_failure_class(failure_class);
      end.set_message(message);
    }
    running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
    return log_.Append(event);
  }

  const LaunchRequest& request_;
  const std::string& folder_;
  const FakeOptions& options_;
  eventlog::Writer& log_;
  std::vector<std::string> more_metrics_;
  std::vector<Running> running_;
  bool silent_ = false;
};

}  // namespace

absl::Status RunFakeLaunch(const LaunchRequest& request, const std::string& folder, const FakeOptions& options,
                           eventlog::Writer& log) {
  return FakeLaunch(request, folder, options, log).Run();
}

}  // namespace ablate::testing
