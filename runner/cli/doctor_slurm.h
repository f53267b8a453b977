// What `ablate doctor --backend slurm` looks at. It submits nothing, and leaves nothing behind.
#pragma once

#include <string>
#include <vector>

#include "proto/experiment.pb.h"
#include "runner/backends/slurm/cluster.h"
#include "runner/cli/doctor_checks.h"

namespace ablate::runner {

// Commands, controller and its clock, partitions, limits, and the folder that launches go to.
std::vector<Finding> CheckSlurm(const Slurm& settings, const std::string& database);

// The parts that need no cluster.
Finding CheckPartition(const slurm::Cluster& cluster, const Slurm& settings);
Finding CheckLimits(const slurm::Cluster& cluster, const Slurm& settings);

// Whether files can be made there as tasks need it, on what it lies, and how far the clock of its server is off.
std::vector<Finding> CheckSharedFolder(const std::string& folder);

}  // namespace ablate::runner
