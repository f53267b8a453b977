#include "runner/cli/slurm_task.h"

#include <memory>

#include "runner/backends/slurm/task.h"

namespace ablate::runner {

Verb AddSlurmTask(CLI::App& app) {
  auto options = std::make_shared<slurm::TaskOptions>();
  CLI::App* command = app.add_subcommand("slurm-task", "Run one task of an array job (for batch scripts)")->group("");
  command->add_option("submission", options->submission, "Folder of the array job")->required()->type_name("FOLDER");
  command->add_option("--worker", options->worker, "Program of the workers")->required()->type_name("FILE");
  command->add_option("--workers", options->workers, "Workers at a time")->check(CLI::Range(1, 1024));
  command->add_option("--scontrol", options->scontrol, "Slurm's scontrol")->required()->type_name("FILE");
  // Its exit codes are for Slurm: see task.h.
  return {command, [options] { return static_cast<ExitCode>(slurm::RunTask(*options)); }};
}

}  // namespace ablate::runner
