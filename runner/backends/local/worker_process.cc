#include "runner/backends/local/worker_process.h"

#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string_view>

namespace ablate::runner {
namespace {

std::vector<std::string> Merged(const WorkerProcess::Environment& changes) {
  std::vector<std::string> merged;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    bool replaced = false;
    for (const auto& [name, value] : changes) replaced |= text.substr(0, text.find('=')) == name;
    if (!replaced) merged.emplace_back(text);
  }
  for (const auto& [name, value] : changes) merged.push_back(name + "=" + value);
  return merged;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// In the child, between fork and exec: system calls only.
[[noreturn]] void Become(char* const* arguments, char* const* environment, int socket, int errors, pid_t parent,
                         WorkerProcess::Orphaned orphaned) {
  const bool finishes = orphaned == WorkerProcess::Orphaned::kFinishes;
  setpgid(0, 0);
  if (!finishes) prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // it died before the line above
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, finishes ? SIG_IGN : SIG_DFL);  // what it says to nobody must not end it
  dup2(socket, STDIN_FILENO);
  dup2(socket, STDOUT_FILENO);
  dup2(errors, STDERR_FILENO);
  execve(arguments[0], arguments, environment);
  const char* const texts[] = {arguments[0], ": ", strerror(errno), "\n"};
  for (const char* text : texts) {
    if (write(STDERR_FILENO, text, strlen(text)) < 0) break;
  }
  _exit(127);
}

std::string HowItEnded(int status) {
  if (WIFSIGNALED(status)) return fmt::format("signal {}, {}", WTERMSIG(status), strsignal(WTERMSIG(status)));
  return fmt::format("exit code {}", WEXITSTATUS(status));
}

}  // namespace

absl::StatusOr<std::unique_ptr<WorkerProcess>> WorkerProcess::Start(const std::string& program, const Environment& environment,
                                                                    const std::string& stderr_path, Orphaned orphaned) {
  int sockets[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0) {
    return absl::UnavailableError(fmt::format("no socket for a worker: {}", strerror(errno)));
  }
  const int errors = open(stderr_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  std::vector<std::string> argument_texts = {program, orphaned == Orphaned::kDies ? "--serve" : "--serve-to-the-end"};
  std::vector<std::string> environment_texts = Merged(environment);
  const std::vector<char*> arguments = Pointers(argument_texts);
  const std::vector<char*> entries = Pointers(environment_texts);
  const pid_t parent = getpid();
  const pid_t pid = errors < 0 ? -1 : fork();
  if (pid == 0) Become(arguments.data(), entries.data(), sockets[1], errors, parent, orphaned);
  const int reason = errno;
  close(sockets[1]);
  if (errors >= 0) close(errors);
  if (pid < 0) {
    close(sockets[0]);
    return absl::UnavailableError(fmt::format("no process for a worker: {}", strerror(reason)));
  }
  setpgid(pid, pid);  // in both, so that it is done whoever runs first
  fcntl(sockets[0], F_SETFL, O_NONBLOCK);
  return std::unique_ptr<WorkerProcess>(new WorkerProcess(pid, sockets[0]));
}

WorkerProcess::~WorkerProcess() {
  Kill();
  End();
  close(socket_);
}

absl::Status WorkerProcess::Send(const std::string& line) {
  const std::string text = line + "\n";
  // A worker reads one line per launch, so the socket's buffer is never near full and takes a line whole.
  const ssize_t sent = send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
  if (sent == static_cast<ssize_t>(text.size())) return absl::OkStatus();
  return absl::UnavailableError(fmt::format("worker {} takes no launch: {}", pid_, strerror(errno)));
}

std::vector<std::string> WorkerProcess::Lines() {
  char buffer[4096];
  while (!closed_) {
    const ssize_t count = recv(socket_, buffer, sizeof buffer, 0);
    if (count > 0) {
      tail_.append(buffer, static_cast<size_t>(count));
    } else if (count < 0 && errno == EINTR) {
      continue;
    } else {
      closed_ = count == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
      break;
    }
  }
  std::vector<std::string> lines;
  size_t begin = 0;
  for (size_t end; (end = tail_.find('\n', begin)) != std::string::npos; begin = end + 1) {
    lines.push_back(tail_.substr(begin, end - begin));
  }
  tail_.erase(0, begin);
  return lines;
}

void WorkerProcess::Kill() {
  if (pid_ == 0) return;
  kill(-pid_, SIGKILL);
  kill(pid_, SIGKILL);  // where it is not yet in its group
}

std::string WorkerProcess::End() {
  if (pid_ == 0) return how_;
  int status = 0;
  pid_t ended = 0;
  for (int tries = 0; closed_ && tries < 1000 && ended == 0; ++tries) {
    ended = waitpid(pid_, &status, WNOHANG);
    if (ended == 0) usleep(1000);
  }
  kill(-pid_, SIGKILL);  // what it started does not outlive it
  if (ended == 0) {
    Kill();
    do {
      ended = waitpid(pid_, &status, 0);
    } while (ended < 0 && errno == EINTR);
  }
  // Of its group are ours now: see strays.h. All have been killed.
  while (waitpid(-pid_, nullptr, 0) > 0 || errno == EINTR) {
  }
  pid_ = 0;
  how_ = HowItEnded(status);
  return how_;
}

}  // namespace ablate::runner
