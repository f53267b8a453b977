// From a plan to a Slurm backend: launch folders where nodes see them, the programs frozen there, what the cluster allows.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/spec/spec.h"
#include "runner/backends/backend.h"
#include "runner/backends/slurm/cluster.h"
#include "runner/backends/slurm/packing.h"
#include "runner/cli/workload.h"
#include "runner/scheduler/ledger.h"

namespace ablate::runner {

// Makes the folder of launches of a database, on the shared folder where one is given: then a link leads to it from beside the
// database, where everything else looks for it. Its path without links. FailedPrecondition where launches lie elsewhere
// already.
absl::StatusOr<std::string> PrepareLaunches(const std::string& database, const std::string& shared_folder);

// Arrays that trials are spread over: as many tasks as all of them fill with `task_seconds` each, `max_tasks` where times are
// unknown.
uint32_t ParallelArrays(const Ledger& ledger, const Workload& workload, const Slurm& settings);

// NotFound without Slurm, Unavailable where its controller does not answer.
absl::StatusOr<std::unique_ptr<Backend>> MakeSlurmBackend(const Slurm& settings, const Ledger& ledger, const Workload& workload,
                                                          const std::string& worker, const std::string& database);

// The scripts that a run would submit: one per array job, for launches packed into tasks.
std::vector<std::string> ScriptsFor(const std::vector<slurm::Waiting>& launches, const Slurm& settings, uint32_t workers,
                                    const std::string& database);

}  // namespace ablate::runner
