// Where launches run. A backend starts processes and tells when they end; what they compute comes back by event log, and
// commands go down as files of the launch folder, whatever the backend.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace ablate::runner {

struct LaunchReport {
  enum class Kind {
    kEvents,  // there may be new events
    kDone,    // the launch's last event is in its log; the slot is free
    kDied,    // its process is gone; the slot is free
  };
  Kind kind = Kind::kEvents;
  std::string launch;
  std::string how;  // kDied: "signal 9, Killed", "exit code 3"
};

struct Capabilities {
  std::string name;                  // "local"
  std::vector<std::string> devices;  // of each slot; a slot runs one launch at a time
  // For the tensors of an array, of each slot; 0, or none told: not known. Unit: bytes.
  std::vector<uint64_t> memory_bytes;
};

class Backend {
 public:
  virtual ~Backend() = default;

  virtual const Capabilities& capabilities() const = 0;

  // Starts the launch, whose folder is whole, on a free slot. Unavailable if no process can be started: the launch then never
  // began.
  virtual absl::Status Submit(size_t slot, const std::string& launch, const std::string& folder) = 0;

  // What happened since the last call. Does not block.
  virtual std::vector<LaunchReport> Poll() = 0;

  // File descriptors that are readable when Poll has something to tell.
  virtual std::vector<int> Descriptors() const = 0;

  // Ends the launch at once, whatever it is doing; Poll then tells that it died.
  virtual void Kill(const std::string& launch) = 0;
};

}  // namespace ablate::runner
