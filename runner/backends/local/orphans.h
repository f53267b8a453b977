// Workers that outlived their runner. They should not be (a worker dies with its parent), but two writers of one log would be
// the end of it, so whoever takes over a launch makes sure.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace ablate::runner {

// A worker as its log names it.
struct WorkerIdentity {
  pid_t pid = 0;             // 0: it never said
  std::string boot_id;       // of its host; empty: its log is of an older program
  uint64_t start_ticks = 0;  // see lib/base/process.h
};

// Whether the worker is alive on this machine. Never true of another process that has its number by now, nor after a restart of
// the machine.
bool Lives(const WorkerIdentity& worker);

// Kills the worker of the launch in `folder` if it lives, or has `folder`/events.log open, and waits until it is gone. Any
// other process of that number, one that came later, is left alone. DeadlineExceeded if it does not go within ten seconds.
absl::Status EndOrphan(const WorkerIdentity& worker, const std::string& folder);

}  // namespace ablate::runner
