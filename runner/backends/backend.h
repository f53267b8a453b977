// Where launches run. A backend starts processes and tells when they end; what they compute comes back by event log, and
// commands go down as files of the launch folder, whatever the backend.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace ablate::runner {

// File of a launch folder by which a backend that goes on without a runner knows the launch. A launch without it dies with its
// runner.
inline constexpr char kSubmissionFile[] = "submission";

struct LaunchReport {
  enum class Kind {
    kEvents,     // there may be new events
    kDone,       // the launch's last event is in its log; the slot is free
    kDied,       // its process is gone; the slot is free
    kRestarted,  // it was begun anew as the launch `successor`, beside it, which goes on from its checkpoints; the slot is
                 // taken
    kRemark,     // of no launch: `how` is a line for whoever watches
  };
  // Why it died.
  enum class Cause {
    kItself,       // its process ended
    kInterrupted,  // it was taken away: preemption, a lost node
    kTimeLimit,    // the time that it had been given was over
    kOutOfMemory,
    kCancelled,  // somebody cancelled it who is not this runner
    kNotBegun,   // nobody has looked at it
  };
  Kind kind = Kind::kEvents;
  std::string launch;
  std::string how;  // kDied: "signal 9, Killed", "exit code 3"
  Cause cause = Cause::kItself;
  std::string successor = "";  // kRestarted
};

struct Capabilities {
  std::string name;                  // "local"
  std::vector<std::string> devices;  // of each slot; a slot runs one launch at a time
  // For the tensors of an array, of each slot; 0, or none told: not known. Unit: bytes.
  std::vector<uint64_t> memory_bytes;
  uint32_t parallel = 0;         // arrays that trials are spread over; 0: one for each slot
  bool outlives_runner = false;  // launches go on when the runner goes, and a later one adopts them
};

class Backend {
 public:
  using Launches = std::vector<std::pair<std::string, std::string>>;  // (name, folder)

  virtual ~Backend() = default;

  virtual const Capabilities& capabilities() const = 0;

  // So many launches at least are going to be submitted soon: what takes time to start may start now.
  virtual void Prepare(size_t /*launches*/) {}

  // How long a launch that is going to be submitted will take, by what is known. Unit: seconds.
  virtual void Expect(const std::string& /*launch*/, double /*seconds*/) {}

  // Starts the launch, whose folder is whole, on a free slot. Unavailable if no process can be started: the launch then never
  // began.
  virtual absl::Status Submit(size_t slot, const std::string& launch, const std::string& folder) = 0;

  // Follows those of the launches that an earlier runner submitted and that live without it; returns which. Before any Submit.
  virtual Launches Adopt(const Launches& /*launches*/) { return {}; }

  // What happened since the last call. Does not block.
  virtual std::vector<LaunchReport> Poll() = 0;

  // File descriptors that are readable when Poll has something to tell.
  virtual std::vector<int> Descriptors() const = 0;

  // Whether the launch computes, by what is known. One that waits in a queue does not: its silence means nothing.
  virtual bool Computes(const std::string& /*launch*/) const { return true; }

  // The launch has been asked to leave. One that has not begun need not begin any more; Poll then tells so.
  virtual void Leave(const std::string& /*launch*/) {}

  // Ends the launch at once, whatever it is doing; Poll then tells that it died.
  virtual void Kill(const std::string& launch) = 0;
};

}  // namespace ablate::runner
