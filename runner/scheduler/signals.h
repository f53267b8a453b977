// Signals as something to wait for, beside workers.
#pragma once

#include <signal.h>

#include <cstdint>

namespace ablate::runner {

// While it lives, SIGINT, SIGTERM and SIGHUP are requests to stop, and SIGWINCH is news of the terminal: counted, not
// delivered. One that was ignored before (nohup, background jobs of a script) stays ignored.
class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // Readable when there is a signal.
  int descriptor() const { return descriptor_; }

  // Takes what has come: how often a stop was asked for since the last call. `hung_up`, if wanted, becomes true if one of them
  // was SIGHUP or SIGTERM: the terminal or the machine goes, and nobody has said anything about the work.
  uint32_t TakeStops(bool* hung_up = nullptr);

 private:
  sigset_t before_;
  int descriptor_;
};

}  // namespace ablate::runner
