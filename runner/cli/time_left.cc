#include "runner/cli/time_left.h"

namespace ablate::runner {
namespace {

constexpr double kLeastDone = 0.02;

double Open(const Progress& progress) {
  return static_cast<double>(Count(progress.counts, TrialState::kPending) + Count(progress.counts, TrialState::kRunning));
}

}  // namespace

double TrialsDone(const Progress& progress) {
  double done = -Open(progress);
  for (const uint64_t count : progress.counts) done += static_cast<double>(count);
  for (const SlotProgress& slot : progress.slots) {
    if (slot.steps > 0)
      done += static_cast<double>(slot.trials) * static_cast<double>(slot.step) / static_cast<double>(slot.steps);
  }
  return done;
}

std::optional<double> TimeLeft::At(const Progress& now) const {
  double all = 0;
  for (const uint64_t count : now.counts) all += static_cast<double>(count);
  const double done = TrialsDone(now) - TrialsDone(begin_), seconds = now.seconds - begin_.seconds;
  if (done < kLeastDone || seconds <= 0 || Open(now) == 0) return std::nullopt;
  return (all - TrialsDone(now)) * seconds / done;
}

}  // namespace ablate::runner
