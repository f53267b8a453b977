#include "lib/store/lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <system_error>

#include "absl/status/status.h"
#include "fmt/format.h"

namespace ablate::store {
namespace {

// "process 123 on host", or what can be said without the holder's text.
std::string Holder(int file) {
  char text[300];
  const ssize_t size = pread(file, text, sizeof(text), 0);
  std::istringstream words(std::string(text, size < 0 ? 0 : size));
  std::string host, pid;
  if (!(words >> host >> pid)) return "another process";
  return fmt::format("process {} on {}", pid, host);
}

bool WriteHolder(int file) {
  char host[256] = "";
  gethostname(host, sizeof(host) - 1);
  const std::string text = fmt::format("{} {}\n", host, getpid());
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
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return absl::UnavailableError(fmt::format("{}: can't lock: {}", path, std::strerror(errno)));
    return absl::FailedPreconditionError(
        fmt::format("{}: is being written by {}; one process at a time may write it", database, Holder(file)));
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
