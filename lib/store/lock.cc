#include "lib/store/lock.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <system_error>

#include "absl/status/status.h"
#include "fmt/format.h"
#include "lib/base/process.h"

namespace ablate::store {
namespace {

constexpr int kTries = 100;
constexpr useconds_t kBetweenTriesUs = 20'000;

struct Holder {
  std::string host;
  pid_t pid = 0;  // 0: the lock does not say
};

Holder ReadHolder(int file) {
  char text[300];
  const ssize_t size = pread(file, text, sizeof(text), 0);
  std::istringstream words(std::string(text, size < 0 ? 0 : size));
  Holder holder;
  if (!(words >> holder.host >> holder.pid)) holder.pid = 0;
  return holder;
}

std::string TextOf(const Holder& holder) {
  return holder.pid == 0 ? "another process" : fmt::format("process {} on {}", holder.pid, holder.host);
}

bool IsGone(const Holder& holder) {
  return holder.pid > 0 && holder.host == HostName() && kill(holder.pid, 0) != 0 && errno == ESRCH;
}

// A child of a holder that was killed has the lock too, from fork until exec closes it: a moment, and a longer one on a busy
// machine.
bool TakeAtOnceOrFromTheDead(int file) {
  for (int tries = 0; flock(file, LOCK_EX | LOCK_NB) != 0; ++tries) {
    const int reason = errno;
    if (reason == EWOULDBLOCK && tries < kTries && IsGone(ReadHolder(file))) {
      usleep(kBetweenTriesUs);
      continue;
    }
    errno = reason;
    return false;
  }
  return true;
}

bool WriteHolder(int file) {
  const std::string text = fmt::format("{} {}\n", HostName(), getpid());
  return ftruncate(file, 0) == 0 && pwrite(file, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
}

}  // namespace

absl::StatusOr<Lock> Lock::Take(const std::string& database) {
  std::error_code error;  // a database has one lock, whatever links lead to it
  const std::string path = std::filesystem::weakly_canonical(database, error).string() + ".lock";
  if (error) return absl::UnavailableError(fmt::format("{}: can't be resolved: {}", database, error.message()));
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0) return absl::UnavailableError(fmt::format("{}: can't open the lock: {}", path, std::strerror(errno)));
  Lock lock(file);
  if (!TakeAtOnceOrFromTheDead(file)) {
    if (errno != EWOULDBLOCK) return absl::UnavailableError(fmt::format("{}: can't lock: {}", path, std::strerror(errno)));
    return absl::FailedPreconditionError(
        fmt::format("{}: is being written by {}; one process at a time may write it", database, TextOf(ReadHolder(file))));
  }
  if (!WriteHolder(file)) {
    return absl::UnavailableError(fmt::format("{}: can't write the lock: {}", path, std::strerror(errno)));
  }
  return lock;
}

// The file stays: who removed it could remove the lock of the next holder. Its text would name a process that is gone.
Lock::~Lock() {
  if (file_ < 0) return;
  close(file_);
}

}  // namespace ablate::store
