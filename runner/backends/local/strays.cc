#include "runner/backends/local/strays.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "fmt/format.h"
#include "lib/base/files.h"

namespace ablate::runner {
namespace {

// Of the calling thread, which is the one that forks.
std::vector<pid_t> Children() {
  std::vector<pid_t> children;
  const auto list = ReadFile(fmt::format("/proc/self/task/{}/children", gettid()));
  if (!list.ok()) return children;
  for (const absl::string_view word : absl::StrSplit(*list, ' ', absl::SkipWhitespace())) {
    pid_t pid = 0;
    if (absl::SimpleAtoi(word, &pid)) children.push_back(pid);
  }
  return children;
}

}  // namespace

void AdoptStrays() { prctl(PR_SET_CHILD_SUBREAPER, 1); }

void EndStrays() {
  // Each that ends may leave its own children to us.
  for (std::vector<pid_t> strays = Children(); !strays.empty(); strays = Children()) {
    for (const pid_t pid : strays) {
      kill(pid, SIGKILL);
      while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
      }
    }
  }
}

}  // namespace ablate::runner
