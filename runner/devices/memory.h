// How much memory the processes of this machine may take.
#pragma once

#include <cstdint>
#include <string>

namespace ablate::runner {

// Memory that is not taken: what /proc/meminfo calls available, at most what the limits of this process's control group and of
// all above it leave. 0 where nothing says. `root` is where /proc and /sys are found: "" but in tests. Unit: bytes.
uint64_t AvailableMemory(const std::string& root);

// How many processes the kernel has killed since it started because there was no memory left. 0 where it does not say.
uint64_t KillsForMemory();

}  // namespace ablate::runner
