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

  struct Stops {
    uint32_t count = 0;  // how often a stop was asked for
    bool hung_up =
        false;  // by SIGHUP or SIGTERM too: the terminal or the machine goes, and nobody has said anything about the work
  };
  // What has come since the last call.
  Stops TakeStops();

 private:
  sigset_t before_;
  int descriptor_;
};

}  // namespace ablate::runner
