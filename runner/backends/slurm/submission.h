// A submission: one array job and its folder, on which the runner and the tasks agree. It lies in the launches' folder:
//   slurm/<job name>/script.sh   what sbatch was given
//   slurm/<job name>/tasks       "INDEX FOLDER": the launches of each task, in their order
//   slurm/<job name>/job         number of the job, once sbatch has told it
//   slurm/<job name>/logs/N.txt  what task N wrote
//   slurm/<job name>/over        there once the runner follows none of its launches any more
// and in the folder of each of its launches
//   submission                   "JOB_NAME INDEX"
//   claim                        made by the first task that runs the launch; one that comes later goes on beside it
//   outcome                      how its worker ended: see outcome.h
// All of it is written before sbatch is called, so a runner that comes back finds everything by names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace ablate::runner::slurm {

struct Place {
  std::string job_name;
  uint32_t task = 0;  // counted from 1
};

// Folders of the launches of each task.
using TaskFolders = std::vector<std::vector<std::string>>;

std::string SubmissionFolder(const std::string& launches, const std::string& job_name);

// "ablate-<run>-<chunk>-<generation>": `run` tells runs apart, `chunk` the jobs of a run, `generation` how often it was tried.
std::string JobName(const std::string& run, uint32_t chunk, uint32_t generation);

// Writes all but `job`.
absl::Status WriteSubmission(const std::string& folder, const Place& first, const std::string& script,
                             const TaskFolders& tasks);

// Of one task. NotFound if there is no such submission or task.
absl::StatusOr<std::vector<std::string>> ReadTask(const std::string& folder, uint32_t task);

absl::Status WriteJob(const std::string& folder, const std::string& job);
std::string ReadJob(const std::string& folder);  // empty: not known

// Which task a launch was given to; nothing if none.
std::optional<Place> PlaceOf(const std::string& launch_folder);

// Names of the submissions that are not over.
std::vector<std::string> OpenSubmissions(const std::string& launches);
void MarkOver(const std::string& folder);

}  // namespace ablate::runner::slurm
