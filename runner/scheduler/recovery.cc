#include "runner/scheduler/recovery.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "lib/base/files.h"
#include "lib/base/process.h"
#include "lib/base/status_macros.h"
#include "lib/eventlog/reader.h"
#include "runner/backends/backend.h"
#include "runner/backends/local/orphans.h"
#include "runner/scheduler/commands.h"
#include "runner/scheduler/launch_folder.h"

namespace ablate::runner {
namespace {

// The worker that began the launch in `folder`, if it was on this machine.
WorkerIdentity WorkerOf(const std::string& folder) {
  eventlog::Reader reader(JoinPath(folder, "events.log"));
  const auto events = reader.Read();
  if (!events.ok() || events->empty() || !events->front().has_launch_begin()) return {};
  const LaunchBegin& begin = events->front().launch_begin();
  if (begin.host() != HostName()) return {};
  return {static_cast<pid_t>(begin.pid()), begin.boot_id(), begin.start_ticks()};
}

using Launches = std::vector<std::pair<std::string, std::string>>;  // (name, folder)

void LetWorkersLeave(const store::Writer& store, const Launches& launches, double patience_seconds) {
  using Clock = std::chrono::steady_clock;
  std::vector<WorkerIdentity> alive;
  for (const auto& [launch, recorded_folder] : launches) {
    const std::string folder = JoinPath(ParentFolder(store.path()), recorded_folder);
    alive.push_back(WorkerOf(folder));
    if (Lives(alive.back())) AskToLeave(folder).IgnoreError();  // killed later, if it can't be asked
  }
  const auto begin = Clock::now();
  while (std::any_of(alive.begin(), alive.end(), Lives)) {
    if (std::chrono::duration<double>(Clock::now() - begin).count() > patience_seconds) return;
    usleep(10'000);
  }
}

}  // namespace

absl::StatusOr<std::vector<std::string>> EndOpenLaunches(store::Writer& store, Collector& collector, double patience_seconds,
                                                         Submitted submitted) {
  ASSIGN_OR_RETURN(Launches launches, store.OpenLaunches());
  if (submitted == Submitted::kLeft) {
    const auto lives = [&](const auto& launch) {
      return FileExists(JoinPath(JoinPath(ParentFolder(store.path()), launch.second), kSubmissionFile));
    };
    launches.erase(std::remove_if(launches.begin(), launches.end(), lives), launches.end());
  }
  if (patience_seconds > 0) LetWorkersLeave(store, launches, patience_seconds);
  std::vector<std::string> ended;
  for (const auto& [launch, recorded_folder] : launches) {
    const std::string folder = JoinPath(ParentFolder(store.path()), recorded_folder);
    RETURN_IF_ERROR(EndOrphan(WorkerOf(folder), folder));
    collector.Watch(launch, folder);
    RETURN_IF_ERROR(collector.Collect(launch).status());
    const bool finished = collector.Finished(launch).has_value();
    collector.Unwatch(launch);
    RETURN_IF_ERROR(store.EndLaunch(launch, finished ? "ended" : "the runner died", "pending", "", ""));
    if (IsBelow(folder, LaunchesFolder(store.path()))) TidyLaunchFolder(folder);
    ended.push_back(launch);
  }
  return ended;
}

}  // namespace ablate::runner
