#include "runner/backends/slurm/script.h"

#include <fmt/format.h>

#include <algorithm>

#include "absl/strings/str_replace.h"

namespace ablate::runner::slurm {
namespace {

constexpr uint32_t kWarningSeconds = 120;

// For the shell.
std::string Quoted(const std::string& text) { return "'" + absl::StrReplaceAll(text, {{"'", "'\\''"}}) + "'"; }

absl::Status CheckText(const std::string& name, const std::string& text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\') {
      return absl::InvalidArgumentError(
          fmt::format("launching.slurm.{} is \"{}\"; allowed: one line without \" and \\", name, text));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckSettings(const Slurm& settings) {
  for (const auto& [name, text] :
       {std::pair("partition", settings.partition()), std::pair("account", settings.account()),
        std::pair("qos", settings.qos()), std::pair("constraint", settings.constraint()), std::pair("gres", settings.gres())}) {
    if (const absl::Status status = CheckText(name, text); !status.ok()) return status;
  }
  for (const std::string& line : settings.sbatch_line()) {
    const bool one = line.find('\n') == std::string::npos;
    if (line.rfind("--", 0) != 0 || !one) {
      return absl::InvalidArgumentError(
          fmt::format("launching.slurm.sbatch_line is \"{}\"; allowed: one option of sbatch, as \"--exclude=n3\"", line));
    }
  }
  for (const std::string& line : settings.setup_line()) {
    if (line.find('\n') != std::string::npos) {
      return absl::InvalidArgumentError("launching.slurm.setup_line has a line break; allowed: one line of shell each");
    }
  }
  if (!settings.shared_folder().empty() && settings.shared_folder()[0] != '/') {
    return absl::InvalidArgumentError(
        fmt::format("launching.slurm.shared_folder is \"{}\"; allowed: an absolute path", settings.shared_folder()));
  }
  return absl::OkStatus();
}

// Slurm sends it up to a minute early: of short times a quarter, so that something is left to compute in.
uint32_t WarningSeconds(const Slurm& settings) {
  if (settings.time_minutes() == 0) return kWarningSeconds;
  return std::min(kWarningSeconds, settings.time_minutes() * 60 / 4);
}

std::string ScriptOf(const ScriptFacts& facts) {
  const Slurm& settings = facts.settings;
  std::string script = "#!/bin/bash\n";
  const auto option = [&](const std::string& name, const std::string& value) {
    if (!value.empty()) script += fmt::format("#SBATCH --{}=\"{}\"\n", name, value);
  };
  option("job-name", facts.job_name);
  option("array", fmt::format("1-{}", facts.tasks));
  option("partition", settings.partition());
  option("account", settings.account());
  option("qos", settings.qos());
  option("constraint", settings.constraint());
  option("gres", settings.gres());
  option("nodes", "1");
  option("ntasks", "1");
  option("cpus-per-task", fmt::format("{}", settings.cpus() > 0 ? settings.cpus() : facts.workers));
  if (settings.memory_mb() > 0) option("mem", fmt::format("{}M", settings.memory_mb()));
  if (settings.time_minutes() > 0) option("time", fmt::format("{}", settings.time_minutes()));
  option("signal", fmt::format("B:USR2@{}", WarningSeconds(settings)));
  option("output", facts.folder + "/logs/%a.txt");
  option("chdir", facts.folder);
  option("open-mode", "append");
  script += "#SBATCH --requeue\n";
  for (const std::string& line : settings.sbatch_line()) script += fmt::format("#SBATCH {}\n", line);
  script += "\n";
  for (const std::string& line : settings.setup_line()) script += line + "\n";
  script += fmt::format("exec {} slurm-task {} --worker {} --workers {} --scontrol {}\n", Quoted(facts.ablate),
                        Quoted(facts.folder), Quoted(facts.worker), facts.workers, Quoted(facts.scontrol));
  return script;
}

}  // namespace ablate::runner::slurm
