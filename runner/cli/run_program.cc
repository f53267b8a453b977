#include "runner/cli/run_program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "fmt/format.h"

extern char** environ;

namespace ablate::runner {
namespace {

using Clock = std::chrono::steady_clock;

// Bytes until the end of `file`, or until `deadline`; false then.
bool ReadUntil(int file, Clock::time_point deadline, std::string* text) {
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd wait{file, POLLIN, 0};
    const int ready = poll(&wait, 1, static_cast<int>(std::max<int64_t>(left, 0)));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    char buffer[4096];
    const ssize_t got = read(file, buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return true;
    text->append(buffer, got);
  }
}

// Starts the program in a process group of its own, with its output going to `out`; 0, or an errno.
int Start(const std::vector<std::string>& arguments, int out, pid_t* pid) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);
  const int error = posix_spawn(pid, argv[0], &files, &attributes, argv.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  return error;
}

// How the process ended; it is killed with what it started if it has not by `deadline`.
int Wait(pid_t pid, Clock::time_point deadline, bool* in_time) {
  int status = 0;
  while (*in_time && waitpid(pid, &status, WNOHANG) == 0) {
    *in_time = Clock::now() < deadline;
    usleep(1000);
  }
  if (*in_time) return status;
  kill(-pid, SIGKILL);
  waitpid(pid, &status, 0);
  return status;
}

}  // namespace

absl::StatusOr<std::string> OutputOf(const std::vector<std::string>& arguments, int limit_seconds) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return absl::InternalError(fmt::format("can't make a pipe: {}", std::strerror(errno)));
  pid_t pid = 0;
  const int error = Start(arguments, ends[1], &pid);
  close(ends[1]);
  std::string output;
  const Clock::time_point deadline = Clock::now() + std::chrono::seconds(limit_seconds);
  bool in_time = error == 0 && ReadUntil(ends[0], deadline, &output);
  close(ends[0]);
  if (error != 0) return absl::NotFoundError(fmt::format("{}: can't be started: {}", arguments[0], std::strerror(error)));
  const int status = Wait(pid, deadline, &in_time);
  if (!in_time) return absl::DeadlineExceededError(fmt::format("{}: no answer within {} s", arguments[0], limit_seconds));
  if (WIFSIGNALED(status)) return absl::InternalError(fmt::format("{}: killed by signal {}", arguments[0], WTERMSIG(status)));
  if (WEXITSTATUS(status) != 0) {
    return absl::InternalError(fmt::format("{}: exit status {}", arguments[0], WEXITSTATUS(status)));
  }
  return output;
}

}  // namespace ablate::runner
