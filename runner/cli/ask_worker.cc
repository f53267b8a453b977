#include "runner/cli/ask_worker.h"

#include <poll.h>

#include <cstdlib>
#include <filesystem>
#include <vector>

#include "fmt/format.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/eventlog/reader.h"
#include "runner/backends/local/local_backend.h"
#include "runner/scheduler/launch_folder.h"

namespace ablate::runner {
namespace {

constexpr int kWaitMilliseconds = 200, kLogLines = 3;
constexpr char kDevice[] = "cpu";

class TemporaryFolder {
 public:
  TemporaryFolder() {
    const char* base = std::getenv("TMPDIR");
    path_ = JoinPath(base != nullptr ? base : "/tmp", "ablate-" + NewLaunchName());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Until the launch has ended; how it died, or "".
std::string WaitForEnd(LocalBackend& backend) {
  while (true) {
    std::vector<pollfd> descriptors;
    for (const int descriptor : backend.Descriptors()) descriptors.push_back({descriptor, POLLIN, 0});
    poll(descriptors.data(), descriptors.size(), kWaitMilliseconds);
    for (const LaunchReport& report : backend.Poll()) {
      if (report.kind == LaunchReport::Kind::kDone) return "";
      if (report.kind == LaunchReport::Kind::kDied) return report.how;
    }
  }
}

absl::StatusOr<EvaluationResult> ResultIn(const std::string& folder) {
  eventlog::Reader reader(JoinPath(folder, "events.log"));
  while (true) {
    ASSIGN_OR_RETURN(const std::vector<Event> events, reader.Read());
    if (events.empty()) return absl::UnavailableError("the worker ended without a result");
    for (const Event& event : events) {
      if (event.has_evaluation_result()) return event.evaluation_result();
    }
  }
}

}  // namespace

absl::StatusOr<EvaluationResult> AskWorker(const std::string& worker, const TrialRequest& request,
                                           const std::string& data_folder) {
  const TemporaryFolder folder;
  LaunchRequest launch;
  launch.set_launch(FileName(folder.path()));
  launch.set_device(kDevice);
  launch.set_data_folder(data_folder);
  *launch.add_trial() = request;
  RETURN_IF_ERROR(MakeLaunchFolder(folder.path(), launch));
  LocalBackend backend(worker, {kDevice});
  RETURN_IF_ERROR(backend.Submit(0, launch.launch(), folder.path()));
  const std::string died = WaitForEnd(backend);
  if (!died.empty()) {
    return absl::UnavailableError(fmt::format("the worker died ({}): {}", died, EndOfLogText(folder.path(), kLogLines)));
  }
  ASSIGN_OR_RETURN(EvaluationResult result, ResultIn(folder.path()));
  if (result.has_failure()) return absl::InvalidArgumentError(result.failure());
  return result;
}

}  // namespace ablate::runner
