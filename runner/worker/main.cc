// ablate-worker: the one program that loads LibTorch. Started by `ablate`, or by hand for a launch folder.
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <torch/headeronly/version.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "lib/base/files.h"
#include "lib/base/version.h"
#include "runner/worker/launch.h"
#include "runner/worker/machine.h"

namespace ablate::worker {
namespace {

constexpr char kUsage[] =
    "ablate-worker --serve     run the launch folders whose paths are read from standard input, one a line; die with the\n"
    "                          process that started this one\n"
    "ablate-worker --serve-to-the-end  as --serve, but finish the folder that is begun\n"
    "ablate-worker FOLDER      run one launch folder\n"
    "ablate-worker --describe  what it is built with, as JSON\n"
    "ablate-worker --version\n"
    "Exit codes: 0 all well, 1 a launch could not be run, 4 bad usage, 6 no space for its folder, 8 the ablate that started "
    "it,\n"
    "by its $ABLATE_RUNNER_VERSION, is of another version.\n";

constexpr int kLaunchFailed = 1, kBadUsage = 4, kDiskFull = 6, kOtherVersion = 8;

int Describe() {
  const bool has_plugin = !CudaPluginPath().empty();
  nlohmann::ordered_json description = {{"version", kVersion},
                                        {"torch", TORCH_VERSION},
                                        {"instruction_set", InstructionSet()},
                                        {"cuda_plugin", has_plugin},
                                        {"devices", nlohmann::json::array({"cpu"})}};
  if (has_plugin) description["devices"].push_back("cuda:N");
  fmt::print("{}\n", description.dump());
  return 0;
}

// That nobody listens any more is no reason to stop; a runner that hears half of it would wait for ever.
void Say(const char* what, const std::string& launch) {
  const absl::Status said = WriteLine(STDOUT_FILENO, fmt::format("{} {}", what, launch));
  if (!said.ok() && !absl::IsFailedPrecondition(said)) _exit(kLaunchFailed);
}

int Run(const std::string& folder) {
  const auto launch = RunFolder(folder, [](const std::string& name) { Say("events", name); });
  if (!launch.ok()) {
    fmt::print(stderr, "ablate-worker: {}: {}\n", folder, std::string(launch.status().message()));
    return absl::IsResourceExhausted(launch.status()) ? kDiskFull : kLaunchFailed;
  }
  Say("done", *launch);
  return 0;
}

int Serve() {
  const char* const runner = std::getenv("ABLATE_RUNNER_VERSION");
  if (runner != nullptr && std::string(runner) != kVersion) {
    fmt::print(stderr, "ablate-worker {} was started by ablate {}: build or install both together\n", kVersion, runner);
    return kOtherVersion;
  }
  for (std::string folder; std::getline(std::cin, folder);) {
    if (const int code = Run(folder); code != 0) return code;
  }
  return 0;
}

int Main(int argc, char** argv) {
  PrepareProcess(argv);
  const std::string argument = argc == 2 ? argv[1] : "";
  if (argument == "--serve") prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (argument == "--serve" || argument == "--serve-to-the-end") return Serve();
  if (argument == "--describe") return Describe();
  if (argument == "--version") return fmt::print("ablate-worker {}\n", kVersion), 0;
  if (argument == "--help" || argument == "-h") return fmt::print("{}", kUsage), 0;
  if (argument.empty() || argument[0] == '-') return fmt::print(stderr, "{}", kUsage), kBadUsage;
  return Run(argument);
}

}  // namespace
}  // namespace ablate::worker

int main(int argc, char** argv) { return ablate::worker::Main(argc, argv); }
