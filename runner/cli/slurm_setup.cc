#include "runner/cli/slurm_setup.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "lib/base/digest.h"
#include "lib/base/files.h"
#include "lib/base/process.h"
#include "lib/base/status_macros.h"
#include "runner/backends/slurm/commands.h"
#include "runner/backends/slurm/programs.h"
#include "runner/backends/slurm/script.h"
#include "runner/backends/slurm/slurm_backend.h"
#include "runner/backends/slurm/submission.h"
#include "runner/scheduler/commands.h"

namespace ablate::runner {
namespace {

// Launches that are submitted or wait to be: the rest follows as they end.
constexpr size_t kMostLaunches = 20'000;
constexpr size_t kDigestDigits = 8;

bool IsLink(const std::string& path) {
  struct stat facts;
  return lstat(path.c_str(), &facts) == 0 && S_ISLNK(facts.st_mode);
}

// Another database of the same name, on another machine too, has another folder.
std::string SharedFolderOf(const std::string& database, const std::string& shared_folder) {
  return JoinPath(shared_folder, FileName(database) + "-" + Sha256(HostName() + ":" + database).substr(0, kDigestDigits));
}

}  // namespace

absl::StatusOr<std::string> PrepareLaunches(const std::string& database, const std::string& shared_folder) {
  const std::string launches = LaunchesFolder(database);
  if (shared_folder.empty()) {
    if (!IsLink(launches)) RETURN_IF_ERROR(MakeFolders(launches));
    return WithoutLinks(launches);
  }
  const std::string target = SharedFolderOf(database, shared_folder);
  if (IsLink(launches)) {
    if (WithoutLinks(launches) == WithoutLinks(target)) return WithoutLinks(target);
    return absl::FailedPreconditionError(fmt::format("{} leads to {}, not to {}: keep to the shared folder that it began with",
                                                     launches, WithoutLinks(launches), target));
  }
  rmdir(launches.c_str());  // if it is empty
  if (FileExists(launches)) {
    return absl::FailedPreconditionError(
        fmt::format("{} holds launches already: move it with `mv {} {} && ln -s {} {}`, or leave out the shared folder",
                    launches, launches, target, target, launches));
  }
  RETURN_IF_ERROR(MakeFolders(target));
  if (symlink(target.c_str(), launches.c_str()) != 0) return ErrnoStatus(errno, "can't link", launches);
  return WithoutLinks(target);
}

uint32_t ParallelArrays(const Ledger& ledger, const Workload& workload, const Slurm& settings) {
  const uint32_t most = settings.max_tasks() * static_cast<uint32_t>(workload.slots.size());
  if (settings.task_seconds() == 0) return most;
  double seconds = 0;
  for (TrialIndex trial = 0; trial < ledger.size(); ++trial) {
    const ShapeCost& cost = workload.costs[ledger.shape(trial)];
    if (cost.step_source == CostSource::kUnknown) return most;
    seconds += static_cast<double>(ledger.steps(trial)) * cost.step_seconds;
  }
  const double arrays = std::ceil(seconds / settings.task_seconds());
  return static_cast<uint32_t>(std::clamp(arrays, 1.0, static_cast<double>(most)));
}

absl::StatusOr<std::unique_ptr<Backend>> MakeSlurmBackend(const Slurm& settings, const Ledger& ledger, const Workload& workload,
                                                          const std::string& worker, const std::string& database) {
  for (const Slot& slot : workload.slots) {
    if (slot.device == workload.slots.front().device) continue;
    return absl::InvalidArgumentError(fmt::format("a task of Slurm has {} and {}; allowed: one device, which its workers share",
                                                  workload.slots.front().device, slot.device));
  }
  slurm::SlurmBackend::Options options;
  options.settings = settings;
  ASSIGN_OR_RETURN(options.commands, slurm::FindCommands());
  ASSIGN_OR_RETURN(options.cluster, slurm::AskCluster(options.commands));
  ASSIGN_OR_RETURN(options.launches, PrepareLaunches(database, settings.shared_folder()));
  ASSIGN_OR_RETURN(options.programs, slurm::Freeze({slurm::OwnPath(), worker}, options.launches));
  options.workers = static_cast<uint32_t>(workload.slots.size());
  const size_t slots = std::clamp<size_t>(ledger.size(), 1, kMostLaunches);
  options.capabilities = {"slurm", std::vector<std::string>(slots, workload.slots.front().device),
                          std::vector<uint64_t>(slots, workload.slot_bytes), ParallelArrays(ledger, workload, settings), true};
  return std::make_unique<slurm::SlurmBackend>(std::move(options));
}

std::vector<std::string> ScriptsFor(const std::vector<slurm::Waiting>& launches, const Slurm& settings, uint32_t workers,
                                    const std::string& database) {
  const auto commands = slurm::FindCommands();
  slurm::Cluster cluster;
  cluster.max_array_size = 1001;  // Slurm's default, where there is none to ask
  if (commands.ok()) cluster = slurm::AskCluster(*commands).value_or(cluster);
  const size_t tasks = slurm::Pack(launches, settings.task_seconds(), workers).size();
  const size_t most = std::min<size_t>(slurm::MostTasks(cluster), settings.max_tasks());
  std::string folder = WithoutLinks(LaunchesFolder(database));
  if (!settings.shared_folder().empty()) folder = SharedFolderOf(database, settings.shared_folder());
  const std::string programs = JoinPath(folder, "slurm/programs/DIGEST/bin");
  std::vector<std::string> scripts;
  for (size_t begin = 0; begin < tasks; begin += most) {
    const std::string name = slurm::JobName("RUN", static_cast<uint32_t>(scripts.size()) + 1, 1);
    scripts.push_back(
        slurm::ScriptOf({settings, name, slurm::SubmissionFolder(folder, name),
                         static_cast<uint32_t>(std::min(most, tasks - begin)), JoinPath(programs, "ablate"),
                         JoinPath(programs, "ablate-worker"), commands.ok() ? commands->scontrol : "scontrol", workers}));
  }
  return scripts;
}

}  // namespace ablate::runner
