#include "runner/devices/control_group.h"

#include <algorithm>

#include "absl/strings/str_split.h"
#include "lib/base/files.h"

namespace ablate::runner {

std::vector<ControlGroup> ControlGroupsOf(const std::string& root, const std::string& controller) {
  std::vector<ControlGroup> groups;
  const auto lines = ReadFile(root + "/proc/self/cgroup");
  if (!lines.ok()) return groups;
  // A line is "0::/path" in version 2 and "4:cpu,cpuacct:/path" in version 1.
  for (const absl::string_view line : absl::StrSplit(*lines, '\n', absl::SkipEmpty())) {
    const std::vector<std::string> parts = absl::StrSplit(line, absl::MaxSplits(':', 2));
    if (parts.size() != 3) continue;
    const std::vector<std::string> controllers = absl::StrSplit(parts[1], ',');
    const bool version_2 = parts[1].empty();
    if (!version_2 && std::find(controllers.begin(), controllers.end(), controller) == controllers.end()) continue;
    const std::string mount = root + "/sys/fs/cgroup" + (version_2 ? "" : "/" + controller);
    std::string path = parts[2] == "/" ? "" : parts[2];
    while (true) {
      groups.push_back({mount + path, version_2});
      if (path.empty()) break;
      path.resize(path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
    }
  }
  return groups;
}

}  // namespace ablate::runner
