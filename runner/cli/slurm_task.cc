#include "runner/cli/slurm_task.h"

#include <memory>
#include <string>

#include "runner/backends/slurm/task.h"

namespace ablate::runner {
namespace {

struct Options {
  std::string submission, worker, scontrol;
  int workers = 1;
};

}  // namespace

void AddSlurmTask(CommandLine& line) {
  auto options = std::make_shared<Options>();
  VerbOptions verb = line.AddVerb("slurm-task", "Run one task of an array job (for batch scripts)", [options] {
    const auto workers = static_cast<uint32_t>(options->workers);
    // Its exit codes are for Slurm: see task.h.
    return static_cast<ExitCode>(slurm::RunTask({options->submission, options->worker, options->scontrol, workers}));
  });
  verb.Add("submission", options->submission, "Folder of the array job").Required().Type("FOLDER");
  verb.Add("--worker", options->worker, "Program of the workers").Required().Type("FILE");
  verb.Add("--workers", options->workers, "Workers at a time").Between(1, 1024).Type("N");
  verb.Add("--scontrol", options->scontrol, "Slurm's scontrol").Required().Type("FILE");
  verb.Hide();
}

}  // namespace ablate::runner
