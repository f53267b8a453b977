#include "runner/backends/slurm/call.h"

#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "lib/base/files.h"

extern char** environ;

namespace ablate::runner::slurm {
namespace {

constexpr useconds_t kBetweenLooksUs = 2000;

// What is there to be read, up to the end of the file or until it would block.
void Drain(int file, std::string* text) {
  char buffer[4096];
  while (true) {
    const ssize_t count = read(file, buffer, sizeof buffer);
    if (count > 0) {
      text->append(buffer, static_cast<size_t>(count));
    } else if (count == 0 || errno != EINTR) {
      return;
    }
  }
}

std::string LastLine(const std::string& text) {
  const std::vector<std::string> lines = absl::StrSplit(text, '\n', absl::SkipWhitespace());
  return lines.empty() ? "" : std::string(absl::StripAsciiWhitespace(lines.back()));
}

// In a group of its own, so that a Ctrl-C meant for the runner does not reach it. 0, or an errno.
int Spawn(const std::vector<std::string>& arguments, int output, int errors, pid_t* pid) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  sigset_t none;
  sigemptyset(&none);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, errors, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setsigmask(&attributes, &none);
  const int error = posix_spawn(pid, argv[0], &files, &attributes, argv.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  return error;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Call>> Call::Start(const std::vector<std::string>& arguments, double limit_seconds) {
  int output[2], errors[2];
  if (pipe2(output, O_CLOEXEC) != 0) return absl::UnavailableError(fmt::format("no pipe: {}", strerror(errno)));
  if (pipe2(errors, O_CLOEXEC) != 0) {
    const int reason = errno;
    close(output[0]);
    close(output[1]);
    return absl::UnavailableError(fmt::format("no pipe: {}", strerror(reason)));
  }
  pid_t pid = 0;
  const int error = Spawn(arguments, output[1], errors[1], &pid);
  close(output[1]);
  close(errors[1]);
  if (error != 0) {
    close(output[0]);
    close(errors[0]);
    return absl::UnavailableError(fmt::format("{}: can't be started: {}", arguments[0], strerror(error)));
  }
  fcntl(output[0], F_SETFL, O_NONBLOCK);
  fcntl(errors[0], F_SETFL, O_NONBLOCK);
  const auto limit = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(limit_seconds));
  const std::string name = FileName(arguments[0]);
  return std::unique_ptr<Call>(new Call(name, pid, output[0], errors[0], Clock::now() + limit));
}

Call::Call(std::string name, pid_t pid, int output, int errors, Clock::time_point deadline)
    : name_(std::move(name)),
      pid_(pid),
      output_(output),
      errors_(errors),
      deadline_(deadline),
      answer_(absl::UnavailableError("has not ended")) {}

Call::~Call() {
  if (pid_ > 0) {
    kill(-pid_, SIGKILL);
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  close(output_);
  close(errors_);
}

bool Call::Over() {
  if (pid_ == 0) return true;
  Drain(output_, &text_);
  Drain(errors_, &error_text_);
  int status = 0;
  const bool in_time = Clock::now() < deadline_;
  if (!in_time) kill(-pid_, SIGKILL);
  if (waitpid(pid_, &status, in_time ? WNOHANG : 0) != pid_) return false;
  pid_ = 0;
  Drain(output_, &text_);
  Drain(errors_, &error_text_);
  Finish(status, in_time);
  return true;
}

void Call::Finish(int status, bool in_time) {
  if (!in_time) {
    answer_ = absl::DeadlineExceededError(name_ + ": no answer in time");
  } else if (WIFSIGNALED(status)) {
    answer_ = absl::UnavailableError(fmt::format("{}: killed by signal {}", name_, WTERMSIG(status)));
  } else if (WEXITSTATUS(status) != 0) {
    const std::string said = LastLine(error_text_);
    answer_ = absl::UnavailableError(said.empty() ? fmt::format("{}: exit code {}", name_, WEXITSTATUS(status)) : said);
  } else {
    answer_ = text_;
  }
}

absl::StatusOr<std::string> Ask(const std::vector<std::string>& arguments, double limit_seconds) {
  absl::StatusOr<std::unique_ptr<Call>> call = Call::Start(arguments, limit_seconds);
  if (!call.ok()) return call.status();
  while (!(*call)->Over()) usleep(kBetweenLooksUs);
  return (*call)->answer();
}

}  // namespace ablate::runner::slurm
