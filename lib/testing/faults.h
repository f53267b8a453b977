// What a fake worker does wrong, and where: told by $ABLATE_FAKE_FAULTS.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace ablate::testing {

struct Fault {
  enum class Kind {
    kCrash,   // SIGSEGV
    kExit,    // exit(3) in the middle of a launch
    kHang,    // nothing more happens, commands are not read
    kNan,     // the trial's attempt ends FAILED, class "nan"
    kSilent,  // LaunchEnd without an AttemptEnd
    kTorn,    // half a record at the end of events.log, then SIGKILL
    kMemory,  // all attempts of the array end FAILED, class "out_of_memory", if it has at least `trials` trials
    kFull,    // exit(6), as where the disk is full
    kBusy,    // the step takes a second
  };
  Kind kind = Kind::kCrash;
  std::optional<uint64_t> seed;  // of the trial; none: any trial
  uint64_t step = 1;             // happens before this step is taken
  uint64_t times = UINT64_MAX;   // over all processes; counted in files of `counting_folder`
  uint64_t trials = 1;           // kMemory
};

// "crash:seed=3:step=20:times=1,nan:seed=5". InvalidArgument on anything else.
absl::StatusOr<std::vector<Fault>> ParseFaults(const std::string& text);

// Whether `fault` hits the trial with this seed now, before it takes `step`; counts it if so.
bool Strikes(const Fault& fault, uint64_t seed, uint64_t step, const std::string& counting_folder);

}  // namespace ablate::testing
