// Slurm's commands: where they are, and what they are told.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace ablate::runner::slurm {

// Absolute paths.
struct Commands {
  std::string sbatch, squeue, scancel, scontrol;
  std::string sacct, sinfo;  // empty where they are not there: a cluster may have no accounting
};

// Looks in $PATH, then where sites put Slurm. NotFound, naming all that are missing.
absl::StatusOr<Commands> FindCommands();

using Arguments = std::vector<std::string>;

Arguments SubmitArguments(const Commands& commands, const std::string& script);

// All tasks of jobs of these names, also ended ones that Slurm still knows: what ParseQueue reads.
Arguments QueueArguments(const Commands& commands, const std::vector<std::string>& job_names);

// As above, from the accounting database: what ParseAccounting reads. `since`: "2026-11-22".
Arguments AccountingArguments(const Commands& commands, const std::vector<std::string>& job_names, const std::string& since);

// `tasks`: "12_3". Those that wait only, or whatever they do.
Arguments CancelArguments(const Commands& commands, const std::vector<std::string>& tasks, bool waiting_only);

// Whatever waits of a job.
Arguments CancelNameArguments(const Commands& commands, const std::string& job_name);

Arguments JobArguments(const Commands& commands, const std::string& task);
Arguments ConfigurationArguments(const Commands& commands);
Arguments PartitionsArguments(const Commands& commands);

}  // namespace ablate::runner::slurm
