// What `ablate` tells the shell. Documented in `ablate --help`; numbers never change.
#pragma once

namespace ablate::runner {

enum class ExitCode {
  kAllWell = 0,
  kSomeTrialsFailed = 1,
  kBadSpec = 2,        // or bad data files
  kNoDevice = 3,       // or no worker program
  kBadUsage = 4,       // unknown verb or flag, a value that isn't allowed
  kInterrupted = 5,    // Ctrl-C; what ran goes on from its checkpoints next time
  kStoreUnusable = 6,  // database missing, locked, newer than this program, or no database
  kOurBug = 7,
};

}  // namespace ablate::runner
