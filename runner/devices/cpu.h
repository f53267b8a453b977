// How many cores this process may use.
#pragma once

#include <cstdint>
#include <string>

namespace ablate::runner {

// Cores of the affinity mask (taskset, Slurm), at most what the quotas of this process's control group and of all above it
// allow (containers, systemd), rounded down; at least 1.
uint32_t UsableCores();

// The quota alone: whole cores, 0 where none is set. `root` is where /proc and /sys are found: "" but in tests.
uint32_t QuotaOfControlGroup(const std::string& root);

}  // namespace ablate::runner
