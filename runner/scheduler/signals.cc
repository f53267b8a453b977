#include "runner/scheduler/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <initializer_list>

namespace ablate::runner {

Signals::Signals() {
  sigset_t taken;
  sigemptyset(&taken);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGWINCH}) {
    struct sigaction action;
    // A blocked signal reaches a signalfd even where it is ignored.
    const bool ignored = sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
    if (!ignored) sigaddset(&taken, number);
  }
  sigprocmask(SIG_BLOCK, &taken, &before_);
  descriptor_ = signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
}

Signals::~Signals() {
  close(descriptor_);
  sigprocmask(SIG_SETMASK, &before_, nullptr);
}

Signals::Stops Signals::TakeStops() {
  Stops stops;
  signalfd_siginfo info;
  while (read(descriptor_, &info, sizeof info) == sizeof info) {
    stops.count += info.ssi_signo != SIGWINCH;
    stops.hung_up |= info.ssi_signo == SIGHUP || info.ssi_signo == SIGTERM;
  }
  return stops;
}

}  // namespace ablate::runner
