#include "runner/scheduler/recovery.h"

#include <unistd.h>

#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/eventlog/reader.h"
#include "runner/backends/local/orphans.h"
#include "runner/scheduler/launch_folder.h"

namespace ablate::runner {
namespace {

// The worker that began the launch in `folder`, if it was on this machine; else 0.
pid_t WorkerOf(const std::string& folder) {
  eventlog::Reader reader(JoinPath(folder, "events.log"));
  const auto events = reader.Read();
  if (!events.ok() || events->empty() || !events->front().has_launch_begin()) return 0;
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  const LaunchBegin& begin = events->front().launch_begin();
  return begin.host() == host ? static_cast<pid_t>(begin.pid()) : 0;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> EndOpenLaunches(store::Writer& store, Collector& collector) {
  ASSIGN_OR_RETURN(const auto launches, store.OpenLaunches());
  std::vector<std::string> ended;
  for (const auto& [launch, recorded_folder] : launches) {
    const std::string folder = JoinPath(ParentFolder(store.path()), recorded_folder);
    RETURN_IF_ERROR(EndOrphan(WorkerOf(folder), folder));
    collector.Watch(launch, folder);
    RETURN_IF_ERROR(collector.Collect(launch).status());
    const bool finished = collector.Finished(launch).has_value();
    collector.Unwatch(launch);
    RETURN_IF_ERROR(store.EndLaunch(launch, finished ? "ended" : "the runner died", "pending", "", ""));
    TidyLaunchFolder(folder);
    ended.push_back(launch);
  }
  return ended;
}

}  // namespace ablate::runner
