#include "runner/devices/memory.h"

#include <algorithm>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "lib/base/files.h"
#include "runner/devices/control_group.h"

namespace ablate::runner {
namespace {

std::optional<uint64_t> Number(const std::string& path) {
  const auto content = ReadFile(path);
  uint64_t number = 0;
  if (!content.ok() || !absl::SimpleAtoi(absl::StripAsciiWhitespace(*content), &number)) return std::nullopt;
  return number;
}

// The number behind `name` in a file of lines "name number".
std::optional<uint64_t> NumberBehind(const std::string& path, const std::string& name) {
  const auto content = ReadFile(path);
  if (!content.ok()) return std::nullopt;
  for (const absl::string_view line : absl::StrSplit(*content, '\n')) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
    uint64_t number = 0;
    if (words.size() >= 2 && words[0] == name && absl::SimpleAtoi(words[1], &number)) return number;
  }
  return std::nullopt;
}

// What a group's limit leaves; nothing without a limit. Pages of files that were read count as used, and are given back when
// they are needed: they are not ours to fear.
std::optional<uint64_t> LeftBy(const ControlGroup& group) {
  const auto limit = Number(group.folder + (group.version_2 ? "/memory.max" : "/memory.limit_in_bytes"));
  const auto used = Number(group.folder + (group.version_2 ? "/memory.current" : "/memory.usage_in_bytes"));
  if (!limit || !used) return std::nullopt;
  const char* const cached = group.version_2 ? "inactive_file" : "total_inactive_file";
  const uint64_t given_back = std::min(*used, NumberBehind(group.folder + "/memory.stat", cached).value_or(0));
  const uint64_t held = *used - given_back;
  return *limit > held ? *limit - held : 0;
}

}  // namespace

uint64_t AvailableMemory(const std::string& root) {
  const auto kilobytes = NumberBehind(root + "/proc/meminfo", "MemAvailable:");
  std::optional<uint64_t> available;
  if (kilobytes) available = *kilobytes * 1024;
  for (const ControlGroup& group : ControlGroupsOf(root, "memory")) {
    const auto left = LeftBy(group);
    if (left && (!available || *left < *available)) available = left;
  }
  return available.value_or(0);
}

uint64_t KillsForMemory() { return NumberBehind("/proc/vmstat", "oom_kill").value_or(0); }

}  // namespace ablate::runner
