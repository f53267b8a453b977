#include "runner/backends/local/orphans.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/files.h"
#include "lib/base/process.h"

namespace ablate::runner {
namespace {

bool HasOpen(pid_t pid, const std::string& path) {
  struct stat wanted;
  if (stat(path.c_str(), &wanted) != 0) return false;
  const std::string folder = fmt::format("/proc/{}/fd", pid);
  const auto names = ListFolder(folder);
  if (!names.ok()) return false;
  for (const std::string& name : *names) {
    struct stat open;
    if (stat(JoinPath(folder, name).c_str(), &open) != 0) continue;
    if (open.st_dev == wanted.st_dev && open.st_ino == wanted.st_ino) return true;
  }
  return false;
}

}  // namespace

bool Lives(const WorkerIdentity& worker) {
  return worker.pid > 1 && !worker.boot_id.empty() && worker.boot_id == BootId() && worker.start_ticks > 0 &&
         worker.start_ticks == StartTicks(worker.pid);
}

absl::Status EndOrphan(const WorkerIdentity& worker, const std::string& folder) {
  const std::string log = JoinPath(folder, "events.log");
  const auto is_there = [&] { return Lives(worker) || HasOpen(worker.pid, log); };
  if (worker.pid <= 1 || !is_there()) return absl::OkStatus();
  kill(worker.pid, SIGKILL);
  for (int tries = 0; tries < 10000; ++tries) {
    if (!is_there()) return absl::OkStatus();
    usleep(1000);
  }
  return absl::DeadlineExceededError(fmt::format("process {} still writes {} after SIGKILL", worker.pid, log));
}

}  // namespace ablate::runner
