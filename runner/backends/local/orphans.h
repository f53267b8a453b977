// Workers that outlived their runner. They should not be (a worker dies with its parent), but two writers of one log would be
// the end of it, so whoever takes over a launch makes sure.
#pragma once

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"

namespace ablate::runner {

// Kills process `pid` of this machine if it has `folder`/events.log open, and waits until it is gone. Any other process of that
// number, one that came later, is left alone. DeadlineExceeded if it does not go within ten seconds.
absl::Status EndOrphan(pid_t pid, const std::string& folder);

}  // namespace ablate::runner
