#include "runner/cli/doctor_slurm.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <ctime>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "fmt/format.h"
#include "lib/base/files.h"
#include "lib/store/file_system.h"
#include "runner/backends/slurm/answers.h"
#include "runner/backends/slurm/commands.h"

namespace ablate::runner {
namespace {

using Level = Finding::Level;
using slurm::Cluster;

// Heartbeats are told by a file's time of change on one clock, so only large differences confuse.
constexpr double kClockSeconds = 60;

std::string ValueOf(const std::map<std::string, std::string>& values, const std::string& name) {
  const auto found = values.find(name);
  return found == values.end() ? "" : found->second;
}

const std::map<std::string, std::string>* PartitionOf(const Cluster& cluster, const Slurm& settings) {
  for (const auto& partition : cluster.partitions) {
    const bool wanted = settings.partition().empty() ? ValueOf(partition, "Default") == "YES"
                                                     : ValueOf(partition, "PartitionName") == settings.partition();
    if (wanted) return &partition;
  }
  return nullptr;
}

std::string NamesOf(const Cluster& cluster) {
  std::vector<std::string> names;
  for (const auto& partition : cluster.partitions) names.push_back(ValueOf(partition, "PartitionName"));
  return absl::StrJoin(names, ", ");
}

Finding CheckCommands(const slurm::Commands& commands) {
  Finding finding{Level::kOk, "slurm commands",
                  absl::StrJoin({commands.sbatch, commands.squeue, commands.scancel, commands.scontrol}, ", "), ""};
  if (commands.sacct.empty()) finding.text += "; no sacct: tasks that the queue has forgotten are judged by their logs";
  return finding;
}

// Makes a file as tasks do: exclusively, durably, by renaming. The difference of clocks in seconds.
absl::StatusOr<double> TryOut(const std::string& folder) {
  const std::string path = JoinPath(folder, fmt::format("ablate-doctor.{}", getpid()));
  const int file = open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
  if (file < 0) return ErrnoStatus(errno, "can't make a file", path);
  close(file);
  const absl::Status written = WriteFileDurably(path, "x");
  struct stat facts;
  const bool there = stat(path.c_str(), &facts) == 0;
  unlink(path.c_str());
  if (!written.ok()) return written;
  if (!there) return absl::UnavailableError(path + ": is not there after it was written");
  return std::difftime(facts.st_mtime, std::time(nullptr));
}

Finding CheckController(const Cluster& cluster) {
  return {Level::kOk, "slurm", fmt::format("version {}, the controller answers", cluster.version), ""};
}

}  // namespace

Finding CheckPartition(const Cluster& cluster, const Slurm& settings) {
  const auto* partition = PartitionOf(cluster, settings);
  if (partition == nullptr) {
    if (settings.partition().empty()) {
      return {Level::kProblem, "partition", "the cluster has no default one; there are " + NamesOf(cluster),
              "name one by --partition"};
    }
    return {Level::kProblem, "partition", fmt::format("no \"{}\"; there are {}", settings.partition(), NamesOf(cluster)),
            "correct --partition or launching.slurm.partition"};
  }
  const std::string name = ValueOf(*partition, "PartitionName"), state = ValueOf(*partition, "State");
  const std::string most = ValueOf(*partition, "MaxTime");
  if (state != "UP") {
    return {Level::kProblem, "partition", fmt::format("{} is {}", name, state), "choose another one by --partition"};
  }
  const auto limit = slurm::ParseDuration(most);
  if (limit && settings.time_minutes() * 60.0 > *limit) {
    return {Level::kProblem, "partition",
            fmt::format("{}: {} minutes are asked for, at most {} are allowed: tasks would wait for ever", name,
                        settings.time_minutes(), most),
            "ask for less by --time"};
  }
  return {Level::kOk, "partition",
          fmt::format("{}: {} nodes, longest time {}, default {}", name, ValueOf(*partition, "TotalNodes"), most,
                      ValueOf(*partition, "DefaultTime")),
          ""};
}

Finding CheckLimits(const Cluster& cluster, const Slurm& settings) {
  Finding finding{Level::kOk, "limits",
                  fmt::format("arrays of at most {} tasks, {} tasks in the queue of all users; launching.slurm.max_tasks is {}",
                              slurm::MostTasks(cluster), cluster.max_jobs, settings.max_tasks()),
                  ""};
  if (!cluster.accounting) finding.text += "; no accounting";
  if (settings.max_tasks() <= cluster.max_jobs) return finding;
  finding.level = Level::kNote;
  finding.advice = "at most so many are submitted as the cluster allows";
  return finding;
}

std::vector<Finding> CheckSharedFolder(const std::string& folder) {
  struct stat facts;
  if (stat(folder.c_str(), &facts) != 0 || !S_ISDIR(facts.st_mode)) {
    return {
        {Level::kProblem, "shared folder", fmt::format("{}: no such folder", folder), "make it, or name another by --shared"}};
  }
  const auto difference = TryOut(folder);
  if (!difference.ok()) {
    return {{Level::kProblem, "shared folder", std::string(difference.status().message()), "name another one by --shared"}};
  }
  std::vector<Finding> findings;
  const auto file_system = store::FileSystemOf(folder);
  const bool network = file_system.ok() && !store::RefuseNetwork(*file_system, folder).ok();
  if (network) {
    findings.push_back(
        {Level::kOk, "shared folder", folder + ": on a network file system, takes exclusive and renamed files", ""});
  } else {
    findings.push_back({Level::kNote, "shared folder", folder + ": on a disk of this machine, as it seems",
                        "if nodes don't see it under this path, name a folder that they see by --shared"});
  }
  if (std::abs(*difference) > kClockSeconds) {
    findings.push_back({Level::kNote, "clock", fmt::format("that of {} is {:.0f} s off this machine's", folder, *difference),
                        "results are right all the same; times of launches are those of their nodes"});
  } else {
    findings.push_back(
        {Level::kOk, "clock", fmt::format("that of {} is within {:.0f} s of this machine's", folder, kClockSeconds), ""});
  }
  return findings;
}

std::vector<Finding> CheckSlurm(const Slurm& settings, const std::string& database) {
  std::vector<Finding> findings;
  const auto commands = slurm::FindCommands();
  if (!commands.ok()) {
    findings.push_back({Level::kProblem, "slurm commands", std::string(commands.status().message()),
                        "run on a login node, or install slurm-client; a site may need `module load slurm`"});
  } else {
    findings.push_back(CheckCommands(*commands));
    const auto cluster = slurm::AskCluster(*commands);
    if (cluster.ok()) {
      findings.push_back(CheckController(*cluster));
      findings.push_back(CheckPartition(*cluster, settings));
      findings.push_back(CheckLimits(*cluster, settings));
    } else {
      findings.push_back({Level::kProblem, "slurm", std::string(cluster.status().message()),
                          "its controller does not answer: is $SLURM_CONF right, is it up (`scontrol ping`)?"});
    }
  }
  const std::string folder = settings.shared_folder().empty() ? ParentFolder(database) : settings.shared_folder();
  for (Finding& finding : CheckSharedFolder(folder)) findings.push_back(std::move(finding));
  return findings;
}

}  // namespace ablate::runner
