// The control groups (containers, systemd, Slurm) that limit this process.
#pragma once

#include <string>
#include <vector>

namespace ablate::runner {

// A group's folder below /sys/fs/cgroup.
struct ControlGroup {
  std::string folder;
  bool version_2 = false;
};

// The groups whose limits on `controller` ("cpu", "memory") hold for this process: its own and all above it, innermost first,
// in both versions of the interface. `root` is where /proc and /sys are found: "" but in tests. Inside a container the own path
// may name nothing; the mount itself, which then is the container's group, is always the last.
std::vector<ControlGroup> ControlGroupsOf(const std::string& root, const std::string& controller);

}  // namespace ablate::runner
