// One warm worker: `PROGRAM --serve` at the other end of a socket. It dies with this process, unless it is told to finish its
// work.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace ablate::runner {

class WorkerProcess {
 public:
  using Environment = std::vector<std::pair<std::string, std::string>>;  // laid over this process's own

  // What becomes of the worker when this process is killed.
  enum class Orphaned {
    kDies,      // at once
    kFinishes,  // what it has begun; it finds its input at its end then, and ends too
  };

  // Unavailable if no process can be made. A program that can't be run ends with exit code 127, its reason in `stderr_path`.
  static absl::StatusOr<std::unique_ptr<WorkerProcess>> Start(const std::string& program, const Environment& environment,
                                                              const std::string& stderr_path,
                                                              Orphaned orphaned = Orphaned::kDies);
  // Kills it, and all that it started.
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  // Hands it a line. Unavailable if it takes none any more.
  absl::Status Send(const std::string& line);

  // Whole lines that it wrote since the last call.
  std::vector<std::string> Lines();

  // Whether it has closed its end, as it does by dying; known after Lines.
  bool closed() const { return closed_; }

  // Kills it if it still runs, and waits: "signal 9, Killed", "exit code 3". A process that closed its end is given a second to
  // end as it means to.
  std::string End();

  void Kill();

  // Readable when there are lines, or an end.
  int descriptor() const { return socket_; }
  pid_t pid() const { return pid_; }

 private:
  WorkerProcess(pid_t pid, int socket) : pid_(pid), socket_(socket) {}

  pid_t pid_;  // 0: reaped
  int socket_;
  bool closed_ = false;
  std::string how_;   // it ended, once reaped
  std::string tail_;  // of what it wrote, not a whole line yet
};

}  // namespace ablate::runner
