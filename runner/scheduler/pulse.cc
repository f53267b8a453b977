#include "runner/scheduler/pulse.h"

#include <sys/stat.h>

#include "lib/base/files.h"

namespace ablate::runner {
namespace {

int64_t ChangeOf(const std::string& path) {
  struct stat facts;
  if (stat(path.c_str(), &facts) != 0) return 0;
  return facts.st_mtim.tv_sec * 1'000'000'000 + facts.st_mtim.tv_nsec;
}

}  // namespace

double Pulse::SilentSeconds(Clock::time_point now) {
  const int64_t seen = ChangeOf(JoinPath(folder_, "control")) + ChangeOf(JoinPath(folder_, "events.log"));
  if (seen != seen_) {
    seen_ = seen;
    changed_ = now;
  }
  return std::chrono::duration<double>(now - changed_).count();
}

}  // namespace ablate::runner
