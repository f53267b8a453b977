#include "runner/backends/slurm/commands.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "lib/base/files.h"

namespace ablate::runner::slurm {
namespace {

constexpr const char* kUsualFolders[] = {"/usr/bin", "/usr/local/bin", "/opt/slurm/bin", "/usr/local/slurm/bin",
                                         "/opt/slurm/current/bin"};

std::string Find(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::vector<std::string> folders = absl::StrSplit(path == nullptr ? "" : path, ':', absl::SkipEmpty());
  folders.insert(folders.end(), std::begin(kUsualFolders), std::end(kUsualFolders));
  for (const std::string& folder : folders) {
    const std::string program = JoinPath(folder, name);
    if (folder[0] == '/' && access(program.c_str(), X_OK) == 0) return program;
  }
  return "";
}

}  // namespace

absl::StatusOr<Commands> FindCommands() {
  const Commands commands = {Find("sbatch"), Find("squeue"), Find("scancel"), Find("scontrol"), Find("sacct"), Find("sinfo")};
  std::vector<std::string> missing;
  for (const auto& [name, path] : {std::pair("sbatch", commands.sbatch), std::pair("squeue", commands.squeue),
                                   std::pair("scancel", commands.scancel), std::pair("scontrol", commands.scontrol)}) {
    if (path.empty()) missing.emplace_back(name);
  }
  if (missing.empty()) return commands;
  return absl::NotFoundError(fmt::format("no Slurm here: {} not found in $PATH, {}", absl::StrJoin(missing, ", "),
                                         absl::StrJoin(kUsualFolders, ", ")));
}

Arguments SubmitArguments(const Commands& commands, const std::string& script) {
  return {commands.sbatch, "--parsable", script};
}

Arguments QueueArguments(const Commands& commands, const std::vector<std::string>& job_names) {
  return {commands.squeue, "-h", "-r", "-t", "all", "-n", absl::StrJoin(job_names, ","), "-o", "%j|%F|%K|%T|%r|%N"};
}

Arguments AccountingArguments(const Commands& commands, const std::vector<std::string>& job_names, const std::string& since) {
  return {commands.sacct,
          "-X",
          "-P",
          "-n",
          "-S",
          since,
          "--name=" + absl::StrJoin(job_names, ","),
          "-o",
          "JobName,JobID,State,ExitCode,NodeList"};
}

Arguments CancelArguments(const Commands& commands, const std::vector<std::string>& tasks, bool waiting_only) {
  Arguments arguments = {commands.scancel};
  if (waiting_only) arguments.push_back("--state=PENDING");
  arguments.insert(arguments.end(), tasks.begin(), tasks.end());
  return arguments;
}

Arguments CancelNameArguments(const Commands& commands, const std::string& job_name) {
  return {commands.scancel, "--state=PENDING", "--name=" + job_name};
}

Arguments JobArguments(const Commands& commands, const std::string& task) {
  return {commands.scontrol, "show", "job", "-o", task};
}

Arguments ConfigurationArguments(const Commands& commands) { return {commands.scontrol, "show", "config"}; }

Arguments PartitionsArguments(const Commands& commands) { return {commands.scontrol, "show", "partition", "-o"}; }

}  // namespace ablate::runner::slurm
