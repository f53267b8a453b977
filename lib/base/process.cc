#include "lib/base/process.h"

#include <unistd.h>

#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "fmt/format.h"
#include "lib/base/files.h"

namespace ablate {

std::string HostName() {
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  return host;
}

std::string BootId() {
  const auto content = ReadFile("/proc/sys/kernel/random/boot_id");
  return content.ok() ? std::string(absl::StripAsciiWhitespace(*content)) : "";
}

uint64_t StartTicks(pid_t pid) {
  const auto content = ReadFile(fmt::format("/proc/{}/stat", pid));
  if (!content.ok()) return 0;
  // "123 (any) thing) S 1 ...": the program's name may hold anything, so fields are counted from the last ')'.
  const size_t end = content->rfind(") ");
  if (end == std::string::npos) return 0;
  const std::vector<absl::string_view> fields = absl::StrSplit(absl::string_view(*content).substr(end + 2), ' ');
  constexpr size_t kState = 0, kStart = 19;  // fields 3 and 22 of proc(5)
  uint64_t ticks = 0;
  if (fields.size() <= kStart || fields[kState] == "Z" || fields[kState] == "X") return 0;
  return absl::SimpleAtoi(fields[kStart], &ticks) ? ticks : 0;
}

}  // namespace ablate
