#include "runner/devices/cpu.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "lib/base/files.h"
#include "runner/devices/control_group.h"

namespace ablate::runner {
namespace {

std::vector<std::string> Words(const std::string& path) {
  const auto content = ReadFile(path);
  if (!content.ok()) return {};
  return absl::StrSplit(absl::StripAsciiWhitespace(*content), ' ');
}

// Whole cores of "QUOTA PERIOD", 0 for "max" or nonsense.
uint32_t Cores(const std::vector<std::string>& words) {
  int64_t quota = 0, period = 0;
  if (words.size() != 2 || !absl::SimpleAtoi(words[0], &quota) || !absl::SimpleAtoi(words[1], &period)) return 0;
  if (quota <= 0 || period <= 0) return 0;
  return static_cast<uint32_t>(std::max<int64_t>(1, quota / period));
}

uint32_t QuotaOf(const ControlGroup& group) {
  if (group.version_2) return Cores(Words(group.folder + "/cpu.max"));
  std::vector<std::string> words = Words(group.folder + "/cpu.cfs_quota_us");
  const std::vector<std::string> period = Words(group.folder + "/cpu.cfs_period_us");
  words.insert(words.end(), period.begin(), period.end());
  return Cores(words);
}

uint32_t AffinityCores() {
  // Masks of machines with more cores than a cpu_set_t are asked for with larger ones.
  for (int cores = 1024; cores <= (1 << 16); cores *= 2) {
    cpu_set_t* set = CPU_ALLOC(cores);
    const size_t bytes = CPU_ALLOC_SIZE(cores);
    const int count = sched_getaffinity(0, bytes, set) == 0 ? CPU_COUNT_S(bytes, set) : 0;
    CPU_FREE(set);
    if (count > 0) return static_cast<uint32_t>(count);
  }
  return static_cast<uint32_t>(std::max<long>(1, sysconf(_SC_NPROCESSORS_ONLN)));
}

}  // namespace

uint32_t QuotaOfControlGroup(const std::string& root) {
  uint32_t smallest = 0;
  for (const ControlGroup& group : ControlGroupsOf(root, "cpu")) {
    const uint32_t quota = QuotaOf(group);
    if (quota > 0 && (smallest == 0 || quota < smallest)) smallest = quota;
  }
  return smallest;
}

uint32_t UsableCores() {
  const uint32_t cores = AffinityCores();
  const uint32_t quota = QuotaOfControlGroup("");
  return quota == 0 ? cores : std::min(cores, quota);
}

}  // namespace ablate::runner
