// A worker without torch, for tests of the runner: the protocol of ablate-worker, numbers made up (fake_launch.h).
//   $ABLATE_FAKE_FAULTS   what goes wrong (faults.h)
//   $ABLATE_FAKE_FOLDER   where strikes of faults are counted; default: the working folder
//   $ABLATE_FAKE_STEP_US  time that a step takes. Unit: microseconds. Default: 0
//   $ABLATE_FAKE_METRICS  metrics that are logged with the training loss, itself included. Default: 1
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>

#include "lib/base/files.h"
#include "lib/base/process.h"
#include "lib/base/status_macros.h"
#include "lib/eventlog/writer.h"
#include "lib/testing/fake_launch.h"

namespace ablate::testing {
namespace {

using Clock = std::chrono::steady_clock;

std::string Environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value ? value : otherwise;
}

// That nobody listens any more is no reason to stop; a runner that hears half of it would wait for ever.
void Say(const std::string& line) {
  const absl::Status said = WriteLine(STDOUT_FILENO, line);
  if (!said.ok() && !absl::IsFailedPrecondition(said)) _exit(1);
}

Event BeginEvent(const LaunchRequest& request) {
  Event event;
  LaunchBegin& begin = *event.mutable_launch_begin();
  begin.set_launch(request.launch());
  begin.set_host(HostName());
  begin.set_pid(getpid());
  begin.set_boot_id(BootId());
  begin.set_start_ticks(StartTicks(getpid()));
  begin.set_device(request.device());
  begin.set_device_name("fake");
  begin.set_threads(request.threads());
  begin.add_version("fake worker");
  return event;
}

absl::Status RunFolder(const std::string& folder, FakeOptions options) {
  const int log_text = open(JoinPath(folder, "log.txt").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (log_text >= 0) {
    dup2(log_text, STDERR_FILENO);
    close(log_text);
  }
  ASSIGN_OR_RETURN(const std::string bytes, ReadFile(JoinPath(folder, "launch.pb")));
  LaunchRequest request;
  if (!request.ParseFromString(bytes)) return absl::DataLossError(folder + "/launch.pb: not a LaunchRequest");
  ASSIGN_OR_RETURN(const std::unique_ptr<eventlog::Writer> log, eventlog::Writer::Open(JoinPath(folder, "events.log")));

  const Clock::time_point begin = Clock::now();
  Clock::time_point hinted = begin;
  options.on_step = [&] {
    if (Clock::now() - hinted < std::chrono::milliseconds(50)) return;
    hinted = Clock::now();
    Say("events " + request.launch());
  };
  RETURN_IF_ERROR(log->Append(BeginEvent(request)));
  RETURN_IF_ERROR(RunFakeLaunch(request, folder, options, *log));
  Event end;
  end.mutable_launch_end()->set_seconds(std::chrono::duration<double>(Clock::now() - begin).count());
  end.mutable_launch_end()->set_peak_bytes(1 << 20);
  RETURN_IF_ERROR(log->Append(end));
  Say("done " + request.launch());
  return absl::OkStatus();
}

int Complain(const absl::Status& status) {
  fmt::print(stderr, "fake worker: {}\n", status.ToString());
  return 1;
}

int Main(int argc, char** argv) {
  const std::string argument = argc == 2 ? argv[1] : "";
  if (argument.empty()) return Complain(absl::InvalidArgumentError("usage: fake_worker --serve | --describe | FOLDER"));
  if (argument == "--describe") {
    Say(R"({"version":"fake","torch":"none","instruction_set":"none","cuda_plugin":false,"devices":["cpu"]})");
    return 0;
  }
  FakeOptions options;
  const auto faults = ParseFaults(Environment("ABLATE_FAKE_FAULTS", ""));
  if (!faults.ok()) return Complain(faults.status());
  options.faults = *faults;
  options.counting_folder = Environment("ABLATE_FAKE_FOLDER", ".");
  options.step_us = std::strtoull(Environment("ABLATE_FAKE_STEP_US", "0").c_str(), nullptr, 10);
  options.metrics = std::strtoull(Environment("ABLATE_FAKE_METRICS", "1").c_str(), nullptr, 10);
  if (argument != "--serve" && argument != "--serve-to-the-end") {
    const absl::Status status = RunFolder(argument, options);
    return status.ok() ? 0 : Complain(status);
  }
  if (argument == "--serve") prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (std::string folder; std::getline(std::cin, folder);) {
    const absl::Status status = RunFolder(folder, options);
    if (!status.ok()) return Complain(status);
  }
  return 0;
}

}  // namespace
}  // namespace ablate::testing

int main(int argc, char** argv) { return ablate::testing::Main(argc, argv); }
