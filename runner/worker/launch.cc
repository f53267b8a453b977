#include "runner/worker/launch.h"

#include <ATen/Parallel.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <exception>
#include <memory>

#include "lib/base/files.h"
#include "lib/base/process.h"
#include "lib/base/status_macros.h"
#include "lib/eventlog/writer.h"
#include "lib/training/run_launch.h"
#include "proto/launch.pb.h"
#include "runner/worker/growth_hints.h"
#include "runner/worker/machine.h"

namespace ablate::worker {
namespace {

using Clock = std::chrono::steady_clock;

absl::Status RedirectStandardError(const std::string& folder) {
  const std::string path = JoinPath(folder, "log.txt");
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (file < 0) return ErrnoStatus(errno, "can't open", path);
  dup2(file, STDERR_FILENO);
  close(file);
  return absl::OkStatus();
}

absl::StatusOr<LaunchRequest> ReadRequest(const std::string& folder) {
  const std::string path = JoinPath(folder, "launch.pb");
  ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  LaunchRequest request;
  if (!request.ParseFromString(bytes)) return absl::DataLossError(path + ": is no LaunchRequest");
  return request;
}

Event BeginOf(const LaunchRequest& request) {
  Event event;
  LaunchBegin& begin = *event.mutable_launch_begin();
  begin.set_launch(request.launch());
  begin.set_host(HostName());
  begin.set_pid(getpid());
  begin.set_boot_id(BootId());
  begin.set_start_ticks(StartTicks(getpid()));
  begin.set_device(request.device());
  begin.set_device_name(request.device() == "cpu" ? InstructionSet() : request.device());
  begin.set_threads(request.threads());
  for (const std::string& version : Versions()) begin.add_version(version);
  return event;
}

// LibTorch throws; nothing above this knows exceptions.
absl::Status Train(const LaunchRequest& request, const std::string& folder, eventlog::Writer& log) {
  try {
    RETURN_IF_ERROR(OpenDevice(request.device()));
    ForgetDevicePeak(request.device());
    at::set_num_threads(static_cast<int>(request.threads()));
    return training::RunLaunch(request, folder, log);
  } catch (const std::exception& error) {
    return absl::InternalError(error.what());
  }
}

bool IsRefusal(const absl::Status& status) { return absl::IsInvalidArgument(status) || absl::IsFailedPrecondition(status); }

absl::Status FailEvaluations(const TrialRequest& trial, const absl::Status& refusal, eventlog::Writer& log) {
  for (const EvaluationRequest& evaluation : trial.evaluation()) {
    Event event;
    EvaluationResult& result = *event.mutable_evaluation_result();
    result.set_trial(trial.id());
    result.set_id(evaluation.id());
    *result.mutable_set() = evaluation.set();
    result.set_failure(std::string(refusal.message()));
    RETURN_IF_ERROR(log.Append(event));
  }
  return absl::OkStatus();
}

// What no worker could run is the trials' failure: a runner that sees a crash would try again.
absl::Status FailAll(const LaunchRequest& request, const absl::Status& refusal, eventlog::Writer& log) {
  for (const TrialRequest& trial : request.trial()) {
    RETURN_IF_ERROR(FailEvaluations(trial, refusal, log));
    if (trial.evaluation_size() > 0) continue;
    Event begin;
    begin.mutable_attempt_begin()->set_trial(trial.id());
    begin.mutable_attempt_begin()->set_attempt(trial.attempt());
    // Past the last step: no point of an earlier attempt is void.
    begin.mutable_attempt_begin()->set_first_step(trial.trial().training().steps() + uint64_t{1});
    RETURN_IF_ERROR(log.Append(begin));
    Event end;
    end.mutable_attempt_end()->set_trial(trial.id());
    end.mutable_attempt_end()->set_outcome(AttemptEnd::FAILED);
    end.mutable_attempt_end()->set_failure_class("internal");
    end.mutable_attempt_end()->set_message(std::string(refusal.message()));
    RETURN_IF_ERROR(log.Append(end));
  }
  return absl::OkStatus();
}

absl::Status TrainOrFail(const LaunchRequest& request, const std::string& folder, eventlog::Writer& log) {
  const absl::Status status = Train(request, folder, log);
  return IsRefusal(status) ? FailAll(request, status, log) : status;
}

}  // namespace

absl::StatusOr<std::string> RunFolder(const std::string& folder, const std::function<void(const std::string&)>& grown) {
  RETURN_IF_ERROR(RedirectStandardError(folder));
  ASSIGN_OR_RETURN(const LaunchRequest request, ReadRequest(folder));
  const std::string log_path = JoinPath(folder, "events.log");
  ASSIGN_OR_RETURN(const std::unique_ptr<eventlog::Writer> log, eventlog::Writer::Open(log_path));
  const GrowthHints hints(log_path, [&] { grown(request.launch()); });
  const Clock::time_point begin = Clock::now();
  ForgetPeak();
  RETURN_IF_ERROR(log->Append(BeginOf(request)));
  RETURN_IF_ERROR(TrainOrFail(request, folder, *log));
  Event end;
  end.mutable_launch_end()->set_seconds(std::chrono::duration<double>(Clock::now() - begin).count());
  end.mutable_launch_end()->set_peak_bytes(PeakBytes());
  if (const uint64_t bytes = PeakDeviceBytes(request.device()); bytes > 0) {
    end.mutable_launch_end()->set_device_peak_bytes(bytes);
  }
  RETURN_IF_ERROR(log->Append(end));
  RETURN_IF_ERROR(log->Sync());
  return request.launch();
}

}  // namespace ablate::worker
